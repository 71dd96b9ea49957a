"""The look in a real browser: readable by everyone in both schemes, on a desk and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

ADDRESSES = ["/design/", "/design/?page=wizard", "/accounts/login/", "/accounts/signup/"]
SIZES = [(1280, 900), (390, 844)]  # a desk, a phone


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_fits_and_breaks_no_policy(page: Page, live_server: LiveServer, scheme: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in ADDRESSES:
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{live_server.url}{address}")
            page.wait_for_load_state("networkidle")
            findings = Axe().run(page)
            assert findings.violations_count == 0, f"{address} at {width}: {findings.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") == width, address
    assert complaints == []


def test_a_menu_closes_on_escape_and_gives_the_focus_back(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/design/")
    person = page.locator(".top__end summary").last
    person.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(person).to_be_focused()


def test_enter_in_a_quantity_goes_on_and_does_not_press_the_minus(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/design/?page=wizard")
    page.evaluate(
        "document.getElementById('quantities').addEventListener('submit', (event) => {"
        " event.preventDefault(); document.title = event.submitter.name; })"
    )
    page.get_by_role("textbox", name="ONE licence").press("Enter")
    expect(page).to_have_title("next")
    page.get_by_role("button", name="ONE licence: one more").click()
    expect(page).to_have_title("step")


def test_what_needs_a_script_is_not_shown_without_one(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/design/")
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]  # it has one
    still = context.new_page()
    still.goto(f"{live_server.url}/design/")
    expect(still.locator("[data-copy]")).to_be_hidden()
    still.locator(".top__end summary").last.click()
    expect(still.get_by_role("button", name="Sign out")).to_be_visible()
    context.close()
