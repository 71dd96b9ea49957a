"""An album: pictures of the portal's pages, each on a desk and on a phone, in both schemes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

SIZES = ((1280, 720), (390, 720))
SCHEMES = ("light", "dark")


@dataclass
class Album:
    """The pictures so far: the names of the pages and what each shows, in order."""

    address: str
    folder: Path
    letters: Path
    shown: dict[str, str] = field(default_factory=dict)

    def take(self, page: Page, name: str, what: str) -> None:
        """This function will picture the page that is open, in both sizes and both schemes.

        What is longer than the window is cut off, for every clone carries these pictures.
        """
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            for scheme in SCHEMES:
                page.emulate_media(
                    color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
                )
                page.screenshot(path=self.folder / f"{name}-{width}-{scheme}.png")
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        self.shown[name] = what

    def open(self, page: Page, path: str, name: str, what: str) -> None:
        """This function will go to an address of the town and picture it."""
        page.goto(f"{self.address}{path}")
        self.take(page, name, what)

    def press(self, page: Page, button: str, name: str, what: str) -> None:
        """This function will press a button or follow a link of the page and picture where it leads."""
        follow(page, button)
        self.take(page, name, what)


def follow(page: Page, name: str) -> None:
    """This function will press the button or link of that name and wait for what comes."""
    main = page.locator("main")
    button = main.get_by_role("button", name=name, exact=True)
    before = page.url
    button.or_(main.get_by_role("link", name=name, exact=True)).first.click()
    page.wait_for_url(lambda url: url != before)
    page.wait_for_load_state("networkidle")


def index(album: Album) -> str:
    """This function will return the page that lists the pictures."""
    lines = [
        "# Every page",
        "",
        "Taken from the demo town by `.venv/bin/python -m tests.browser.take_screenshots`.",
        "",
        "| page | on a desk | on a phone |",
        "|---|---|---|",
    ]
    for name, what in album.shown.items():
        cells = [
            ", ".join(f"[{scheme}]({name}-{width}-{scheme}.png)" for scheme in SCHEMES) for width, _ in SIZES
        ]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
