"""A person at the portal in a real browser: clicks, types and reads; every page met is looked at once.

With a script running each page is checked for accessibility in both schemes, on a desk and on a phone; the
console must stay silent. Without one the same clicks lead to the same pages.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

DESK, PHONE = (1280, 900), (390, 844)
LOOKS = [(DESK, "light"), (PHONE, "light"), (PHONE, "dark"), (DESK, "dark")]
AXE = Axe().axe_script
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


class Visitor:
    """Somebody who uses the portal by the mouse. ``scripted`` says whether their browser runs scripts."""

    def __init__(self, page: Page, address: str, *, scripted: bool) -> None:
        self.page = page
        self.address = address
        self.scripted = scripted
        self.complaints: list[str] = []
        self._met: set[str] = set()
        page.on("console", lambda message: self._hear(message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def opens(self, path: str) -> None:
        """This function will type an address; everything else is reached by clicks."""
        self.page.goto(f"{self.address}{path}")

    def presses(self, name: str, *, within: Locator | None = None) -> None:
        """This function will press the button or link of that name and wait for what comes."""
        place = within or self.page.locator("main")
        button = place.get_by_role("button", name=name, exact=True)
        link = place.get_by_role("link", name=name, exact=True)
        button.or_(link).first.click()
        self.page.wait_for_load_state()

    def goes_to(self, place: str) -> None:
        """This function will use the navigation beside the page."""
        self.presses(place, within=self.page.get_by_role("navigation", name="Portal").first)

    def moves(self, button: str, times: int = 1) -> None:
        """This function will move the town's day by the bar above the page."""
        bar = self.page.locator(".demo-bar")
        for _ in range(times):
            bar.get_by_role("button", name=button, exact=True).click()
            self.page.wait_for_load_state()

    def types(self, **typed: str) -> None:
        """This function will fill in fields by their names."""
        for name, text in typed.items():
            self.page.locator(f"main [name='{name}']").fill(text)

    def finds(self, *sentences: str) -> None:
        """This function will look for sentences on the page, and at the page itself if it is new."""
        for sentence in sentences:
            expect(self.page.locator("main")).to_contain_text(sentence)
        self.looks_at_it()

    def figure(self, key: str) -> Locator:
        """This function will give an amount of the order's summary."""
        return self.page.locator(f"[data-figure='{key}']")

    def sees_figures(self, **amounts: str) -> None:
        """This function will compare the order's summary with paper; the amounts are euros."""
        for key, amount in amounts.items():
            expect(self.figure(key.replace("_", "-"))).to_have_text(
                re.compile(rf"^[-−]?{re.escape(amount)}\s€$")
            )

    def looks_at_it(self) -> None:
        """This function will check a kind of page once: nobody is shut out, in both schemes, in both
        sizes.
        """
        kind = AN_ID.sub("…", urlsplit(self.page.url).path)
        if not self.scripted or kind in self._met:
            return
        self._met.add(kind)
        self.page.evaluate(AXE)
        for (width, height), scheme in LOOKS:
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.page.set_viewport_size({"width": width, "height": height})
            found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
            findings = AxeResults(found)
            assert findings.violations_count == 0, f"{kind} {width} {scheme}: {findings.generate_report()}"
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, f"{kind} {width}"
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})

    def _hear(self, text: str, url: str) -> None:
        """What a browser says of an answer with 422 is no complaint: the page says the same in words."""
        if "422 (Unprocessable" not in text:
            self.complaints.append(f"{text} {url}")
