"""Takes the pictures of ``docs/screenshots``: every page, on a desk and on a phone, in both schemes.

``.venv/bin/python -m tests.browser.take_screenshots`` builds the demo town in a folder of its own, opens it
on a free port, signs in as the people who live there, and walks through their pages. What it shows is what a
visitor of the demo sees on its first day, and for the last pages on the first of July.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.architecture.source import ROOT
from tests.browser.album import Album, follow, index

FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
PATIENCE_SECONDS = 120
LAST_DAY = "1 July 2026"
PASSWORD = "switchroom-demo"
INVITATION = re.compile(r"/invitations/[^/\s]+/")


def main() -> None:
    """This function will replace the pictures and their index by new ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="switchroom-pictures-") as folder, _town(Path(folder)) as address:
        album = Album(address, FOLDER, letters=Path(folder) / "demo" / "mail")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            signed_out(album, browser)
            for walk in (erik, gustav, farah, dana, a_viewer, a_german, deleted):
                walk(album, browser)
            browser.close()
    (FOLDER / "README.md").write_text(index(album))
    size = sum(picture.stat().st_size for picture in FOLDER.glob("*.png"))
    print(f"{len(album.shown)} pages, {size / 1_000_000:.1f} MB")


def signed_out(album: Album, browser: Browser) -> None:
    """The pages for whoever is not signed in."""
    page = browser.new_page(locale="en-GB")
    album.open(page, "/accounts/login/", "sign-in", "Signing in")
    album.open(page, "/accounts/signup/", "sign-up", "Signing up: a name, an address, a password")
    album.open(page, "/accounts/password/reset/", "forgotten-password", "A forgotten password")
    page.close()


def erik(album: Album, browser: Browser) -> None:
    """In his term, with a mid-month upgrade and a credit: most pages are shown with what is his."""
    page = _signed_in(album, browser, "erik@example.com")
    album.open(page, "/", "subscriptions", "My subscriptions, and the next twelve bills")
    album.press(page, "Sommer Zentrale", "details", "The details of a subscription in its term")
    details = page.url
    album.press(
        page,
        "Reduce",
        "reduce-in-the-term",
        "A reduction is refused in the term, with the two ways that exist",
    )
    page.goto(details)
    album.press(
        page, "Cancel", "cancel", "Before cancelling: until when, what it still costs, what is deleted"
    )
    album.open(page, "/credits/", "credits", "Credits with origin and use")
    album.open(page, "/invoices/", "invoices", "All invoices")
    page.locator("main table a").first.click()
    album.take(page, "invoice", "One invoice")
    for why in page.get_by_text("Why this amount?").all():
        why.click()
    album.take(page, "why-this-amount", "An invoice whose amounts are explained")
    album.open(page, "/phone-systems/", "phone-systems", "All phone systems")
    album.press(page, "Sommer Zentrale", "phone-system", "A phone system with its endpoints and numbers")
    phone_system = page.url
    if page.get_by_role("link", name="Try a call").is_visible():  # where Kamailio and rtpengine are installed
        album.press(page, "Try a call", "softphone", "A telephone in the browser, to try a call")
        page.goto(phone_system)
    page.locator("#endpoints").get_by_role("link", name=re.compile("^Change")).first.click()
    album.take(page, "endpoint", "One endpoint")
    page.goto(phone_system)
    follow(page, "Take a number")
    page.locator("main").get_by_role("link", name=re.compile("^Hamburg")).click()
    album.take(page, "take-a-number", "Taking a phone number")
    bringing(album, page, phone_system)
    ring_group(album, page, phone_system)
    backups(album, page, phone_system)
    page.goto(phone_system)
    page.locator("#endpoint-name").fill("Canteen")
    page.locator("#endpoint-extension").fill("41")
    album.press(page, "Set up", "secret", "The secret of a new endpoint, shown once")
    album.open(page, "/members/", "members", "Members and what each may do")
    album.open(page, "/members/invite/", "invite", "Inviting a colleague")
    album.open(page, "/account/", "account", "The company, its billing address, how it pays")
    album.open(page, "/profile/", "profile", "One's own name, language and ways to sign in")
    album.open(page, "/help/", "help", "Help: services, billing by an example, the words")
    album.open(page, "/terms/", "terms", "The terms")
    album.open(page, "/accounts-of-mine/open/", "open-account", "Opening an account")
    album.open(page, "/nowhere/", "not-found", "A page that does not exist")
    page.context.close()


def bringing(album: Album, page: Page, phone_system: str) -> None:
    """Numbers from another provider: asked for, refused by the form, sent, shown, and withdrawn again."""
    page.goto(phone_system)
    album.press(page, "Bring a number with you", "bring-a-number", "Bringing a number from another provider")
    page.get_by_label("Phone numbers").fill("040 98765001 – 05")
    page.get_by_label("Present provider").fill("Altnetz AG")
    page.get_by_label("Wished day").fill("2026-07-15")
    _chooses_order(page, b"%PDF-1.7 cut off")
    page.get_by_role("button", name="Send the order").click()
    page.get_by_text("Your order is not sent yet").wait_for()
    album.take(page, "bring-a-number-refused", "What the form refuses stands at its field")
    _chooses_order(page, b"%PDF-1.7\n%%EOF\n")
    follow(page, "Send the order")
    page.get_by_text("We have your order").wait_for()
    page.reload()
    album.take(page, "port-in", "Where a port-in stands")
    album.press(page, "Withdraw", "withdraw-port-in", "Before a port-in is withdrawn")
    follow(page, "Withdraw the order")


def ring_group(album: Album, page: Page, phone_system: str) -> None:
    """A ring group that is set up and filled, and a number that rings it."""
    page.goto(phone_system)
    album.press(page, "Set up a ring group", "add-ring-group", "Setting up a ring group")
    page.locator("[name=name]").fill("Night service")
    page.locator("[name=extension]").fill("60")
    page.get_by_text("One after another").click()
    follow(page, "Set up")
    for _ in range(3):
        page.get_by_role("button", name="Let it ring").click()
        page.wait_for_load_state("networkidle")
    album.take(page, "ring-group", "A ring group: who rings in which turn")
    page.goto(phone_system)
    page.locator("#numbers").get_by_role("link", name=re.compile("^Change")).first.click()
    page.locator("#rings").select_option(label="60 · Night service")
    album.take(page, "number", "One phone number: where help is to come, and who rings")
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("rings as you chose").wait_for()


def backups(album: Album, page: Page, phone_system: str) -> None:
    """A backup that is made, taken home, and looked at after something was set up."""
    page.goto(phone_system)
    follow(page, "All backups")
    page.get_by_role("button", name="Back up now").click()
    album.take(page, "backups", "The backups of a phone system")
    follow(page, "Download a backup")
    page.get_by_text("Is it you?").first.wait_for()
    album.take(page, "confirm-access", "Whoever takes a backup home says once more who it is")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("We do not keep it").wait_for()
    album.take(page, "take-home", "Choosing the passphrase of a backup")
    page.goto(phone_system)
    page.locator("#endpoint-name").fill("Gate")
    page.locator("#endpoint-extension").fill("40")
    page.get_by_role("button", name="Set up").click()
    page.goto(phone_system)
    page.locator("#endpoints").get_by_role("link", name=re.compile("^Change")).first.click()
    follow(page, "Remove this endpoint")
    page.get_by_role("button", name="Remove").click()
    follow(page, "All backups")
    page.locator("main table").get_by_role("link", name=re.compile("^Restore")).first.click()
    album.take(page, "restore", "What restoring a backup would change")
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("The backup is restored").wait_for()
    follow(page, "All backups")
    follow(page, "Bring a file back")
    album.take(page, "bring-back", "Bringing the file of a backup back")


def gustav(album: Album, browser: Browser) -> None:
    """Past his term, with a pending reduction."""
    page = _signed_in(album, browser, "gustav@example.com")
    page.goto(album.address)
    album.press(
        page, "Lindner", "details-reduction-pending", "A subscription past its term, a reduction pending"
    )
    album.press(page, "Reduce", "reduce", "Reducing after the term")
    page.context.close()


def farah(album: Album, browser: Browser) -> None:
    """Cancelled, nine days left."""
    page = _signed_in(album, browser, "farah@example.com")
    page.goto(album.address)
    album.press(page, "Amini", "details-cancelled", "A cancelled subscription, nine days left")
    album.press(
        page,
        "Withdraw or follow up",
        "cancelled",
        "After cancelling: withdraw, follow up, take everything along",
    )
    follow(page, "Take out a follow-up subscription")
    page.get_by_role("button", name="ONE licence: one fewer").click()
    page.locator("#summary").get_by_text("30.00").first.wait_for()
    album.take(page, "follow-up", "Ordering a smaller subscription that follows")
    for name, what in (
        ("service-level", "Follow-up: service level"),
        ("billing-address", "Follow-up: billing address"),
        ("payment-method", "Follow-up: payment method"),
        ("overview", "Follow-up: everything once more, nothing due now"),
    ):
        album.press(page, "Continue", f"follow-up-{name}", what)
    follow(page, "Order with obligation to pay")
    page.get_by_text("The follow-up is ordered").wait_for()
    album.take(page, "follow-up-confirmation", "After ordering a follow-up: what happens on its first day")
    page.context.close()


def dana(album: Album, browser: Browser) -> None:
    """On day 12 of her trial; she buys."""
    page = _signed_in(album, browser, "dana@example.com")
    album.open(page, "/", "subscriptions-in-trial", "The first days: a trial")
    album.open(page, "/trial/", "start-a-trial", "Starting a trial takes a name")
    page.goto(album.address)
    album.press(page, "Falk", "details-in-trial", "The details of a trial")
    album.press(page, "Upgrade", "upgrade-quantities", "Upgrade: quantities, the sums beside them")
    field = page.get_by_role("textbox", name="ONE licence")
    field.fill("four")
    page.locator("#one-error").wait_for()
    album.take(page, "upgrade-quantities-refused", "A quantity that is none, with the reason")
    field.fill("4")
    page.locator("#one-error").wait_for(state="detached")
    album.press(page, "Continue", "upgrade-service-level", "Upgrade: service level")
    album.press(page, "Continue", "upgrade-billing-address", "Upgrade: billing address")
    album.press(page, "Continue", "upgrade-payment-method", "Upgrade: payment method")
    album.press(page, "Continue", "upgrade-overview", "Upgrade: everything once more, and the one button")
    overview = page.url
    album.open(
        page,
        page.locator("a[href$='/summary/']").get_attribute("href") or "",
        "contract-summary",
        "The contract summary",
    )
    page.goto(overview)
    follow(page, "Order with obligation to pay")
    page.get_by_text("In force now").wait_for()
    album.take(page, "upgrade-confirmation", "After the purchase: what is in force")
    page.context.close()


def a_viewer(album: Album, browser: Browser) -> None:
    """Gustav, whom Erik lets look on: the letter's link, and a page that his role does not include."""
    page = _signed_in(album, browser, "erik@example.com")
    page.goto(f"{album.address}/members/invite/")
    page.get_by_label("E-mail address of your colleague").fill("gustav@example.com")
    page.get_by_role("radio", name="Viewer").check()
    follow(page, "Send the invitation")
    album.take(page, "members-invited", "Members, and an invitation that waits")
    page.context.close()
    link = _newest_link(album.letters, INVITATION)
    page = browser.new_context(locale="en-GB").new_page()
    album.open(page, link, "invitation", "An invitation, before signing in")
    page.context.close()
    page = _signed_in(album, browser, "gustav@example.com")
    page.goto(f"{album.address}{link}")
    follow(page, "Accept the invitation")
    album.open(page, "/credits/", "not-allowed", "A page that the role does not include")
    page.context.close()


def a_german(album: Album, browser: Browser) -> None:
    """Gustav's own company, in German."""
    page = browser.new_context(locale="de-DE").new_page()
    album.open(page, "/accounts/login/", "german-sign-in", "In German: signing in")
    _signs_in(page, "gustav@example.com")
    page.get_by_role("heading", name="Abonnements", level=1).wait_for()
    _chooses(page, "Lindner Druck")
    album.open(page, "/", "german-subscriptions", "In German: my subscriptions")
    album.press(page, "Lindner", "german-details", "In German: a reduction pending")
    details = page.url
    album.press(page, "Kündigen", "german-cancel", "In German: before cancelling")
    page.goto(details)
    album.press(page, "Upgrade", "german-upgrade", "In German: the first step of an upgrade")
    album.open(page, "/invoices/", "german-invoices", "In German: all invoices")
    page.locator("main table a").first.click()
    page.wait_for_load_state("networkidle")
    album.take(page, "german-invoice", "In German: one invoice")
    album.open(page, "/phone-systems/", "german-phone-systems", "In German: all phone systems")
    album.press(page, "Lindner", "german-phone-system", "In German: a phone system")
    album.open(page, "/help/", "german-help", "In German: help")
    page.context.close()


def deleted(album: Album, browser: Browser) -> None:
    """Farah on the first of July: one is over, the other has begun."""
    page = _signed_in(album, browser, "farah@example.com")
    while LAST_DAY not in page.locator(".demo-bar").inner_text():
        page.locator(".demo-bar").get_by_role("button", name="A day", exact=True).click()
        page.wait_for_load_state("networkidle")
    page.goto(album.address)
    album.press(page, "Amini", "details-follow-up", "A follow-up subscription on its first day")
    page.goto(album.address)
    page.get_by_text("What has ended").click()
    page.locator(".fold").get_by_role("link", name="Amini", exact=True).click()
    page.get_by_role("heading", name="Amini", level=1).wait_for()
    album.take(page, "details-deleted", "A subscription that has ended")
    album.press(page, "Open the signed deletion record", "deletion-record", "The record of a deletion")
    page.context.close()


def _signed_in(album: Album, browser: Browser, email: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{album.address}/accounts/login/")
    _signs_in(page, email)
    page.get_by_role("heading", name="Subscriptions", level=1).wait_for()
    return page


def _signs_in(page: Page, email: str) -> None:
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")


def _chooses(page: Page, account: str) -> None:
    """Act for an account, by the menu at the top."""
    page.locator(".top__switch summary").click()
    page.locator(".top__switch").get_by_role("button", name=account).click()
    page.wait_for_load_state("networkidle")


def _chooses_order(page: Page, content: bytes) -> None:
    """The file of a signed order."""
    field = page.get_by_label("File of the signed order")
    field.set_input_files({"name": "order.pdf", "mimeType": "application/pdf", "buffer": content})


def _newest_link(letters: Path, pattern: re.Pattern[str]) -> str:
    """The address in the newest letter that holds one, without its host."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for letter in sorted(letters.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True):
            body = message_from_bytes(letter.read_bytes(), policy=default_policy).get_body(("plain",))
            found = pattern.search(body.get_content()) if body is not None else None
            if found is not None:
                return found.group()
        time.sleep(0.5)
    raise SystemExit("The letter did not come.")


@contextmanager
def _town(folder: Path) -> Iterator[str]:
    """The address of a demo town, built anew and open while the block runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SWITCHROOM_")}
    environment |= {
        "SWITCHROOM_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "switchroom.config.settings",
    }
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "switchroom.config.cli", "demo", "--port", port]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(lambda: process.poll() is None, f"http://localhost:{port}")
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(is_running: Callable[[], bool], address: str) -> None:
    for _ in range(PATIENCE_SECONDS * 2):
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
        except OSError:
            if not is_running():
                break
            time.sleep(0.5)
        else:
            return
    raise SystemExit("The town did not open.")


if __name__ == "__main__":
    main()
