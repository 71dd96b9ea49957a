"""A whole life by the mouse alone: from signing up to the record of the deletion, every amount against paper.

Paper (rules 4.4, 5.1 to 5.3, 7.2): ten licences at 15.00 are bought on 1 June 2026, so 150.00, 178.50 with
VAT, and nothing comes back. Four more on the 16th of 30 days cost 60.00, of which 60.00 × 15/30 = 30.00
comes back; on 1 July 14 × 15.00 − 30.00 = 180.00. The term runs out with 31 May 2027.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pyrage
import pytest
from playwright.sync_api import Browser, expect

from switchroom.journeys.audit import run_audit
from switchroom.plumbing import clock
from tests.browser.visitor import Visitor

PATIENCE_MS = 10_000
PASSWORD = "a quiet orchard 7"  # of a test
PASSPHRASE = "correct horse battery"  # of a test
Letters = Callable[[], list[EmailMessage]]


@pytest.mark.parametrize("scripted", [True, False], ids=["with a script", "without a script"])
def test_a_whole_life(
    browser: Browser, open_house: str, letters: Letters, scripted: bool, tmp_path: Path
) -> None:
    context = browser.new_context(
        java_script_enabled=scripted, locale="en-GB", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    dana = Visitor(context.new_page(), open_house, scripted=scripted)
    signs_up(dana, letters)
    starts_a_trial(dana)
    sets_up_phones(dana)
    buys_ten(dana)
    dana.moves("A day", 15)
    adds_four_with_a_credit(dana)
    dana.moves("Next event")
    reads_the_first_monthly_invoice(dana)
    cancels_and_takes_everything_along(dana, tmp_path / "backup.zip.age")
    dana.moves("A month", 11)
    finds_it_deleted(dana)
    assert dana.complaints == []
    assert run_audit(day=clock.today()) == []
    context.close()


def signs_up(dana: Visitor, letters: Letters) -> None:
    dana.opens("/accounts/signup/")
    dana.finds("Create an account")
    dana.types(full_name="Dana Falk", email="dana@example.com", password1=PASSWORD)
    dana.presses("Continue")
    dana.finds("Enter the code from your e-mail")
    dana.types(code=mailed_code(dana, letters))
    dana.presses("Confirm")
    dana.finds("Whose phones are they?")
    dana.types(name="Falk Architekten")
    dana.presses("Open the account")
    dana.finds("The account of Falk Architekten is open.", "No phone system yet")


def mailed_code(dana: Visitor, letters: Letters) -> str:
    for _ in range(PATIENCE_MS // 100):
        for letter in letters():
            body = letter.get_body(("plain",))
            found = re.search(r"^([A-Z]{4}-[A-Z]{4})$", body.get_content() if body else "", re.MULTILINE)
            if letter["To"] == "dana@example.com" and found:
                return found[1]
        dana.page.wait_for_timeout(100)
    raise AssertionError("no letter with a code came")


def starts_a_trial(dana: Visitor) -> None:
    dana.presses("Start a trial")
    dana.finds("Try a whole phone system for 30 days.")
    dana.types(name="Falk")
    dana.presses("Start the trial")
    dana.finds("The trial of Falk has started.", "Trial, 30 days left")


def sets_up_phones(dana: Visitor) -> None:
    dana.goes_to("Phone systems")
    dana.finds("Falk")
    dana.presses("Falk")
    dana.types(name="Reception", extension="21")
    dana.presses("Set up")
    dana.finds("Reception is set up", "This secret is shown only now")
    dana.presses("I have it")
    dana.finds("Reception")
    dana.presses("Take a number")
    dana.page.get_by_role("link", name=re.compile("Berlin")).click()
    dana.finds("Number in Berlin")
    dana.presses("Take it")
    dana.finds("Where is help to come?")
    dana.types(street="Torstraße 12", postal_code="10119", city="Berlin")
    dana.presses("Save and take calls")
    dana.finds("Takes calls")


def buys_ten(dana: Visitor) -> None:
    dana.goes_to("Subscriptions")
    dana.finds("Falk")
    dana.presses("Falk")
    dana.presses("Upgrade")
    dana.finds("How many do you need?")
    chooses_ten(dana)
    dana.presses("Continue")
    dana.finds("How soon shall we react?")
    dana.presses("Continue")
    dana.finds("Where do your invoices go?")
    dana.types(street="Torstraße 12", postal_code="10119", city="")
    dana.presses("Continue")
    expect(dana.page.locator("#city-error")).to_be_visible()
    expect(dana.page.locator("#street")).to_have_value("Torstraße 12")
    dana.types(city="Berlin")
    dana.presses("Continue")
    dana.finds("How do you pay?")
    dana.presses("Continue")
    dana.finds(
        "Is everything right?", "You pay 178.50 € with VAT now, and 150.00 € net every month.", "31 May 2027"
    )
    dana.presses("Order with obligation to pay")
    is_in_force(dana, "20 trunk lines, 30 endpoints and 10 phone numbers")


def chooses_ten(dana: Visitor) -> None:
    """By clicks, by a slip that is refused and kept, and by typing."""
    field = dana.page.get_by_role("textbox", name="ONE licence")
    dana.page.evaluate("document.body.dataset.kept = 'yes'") if dana.scripted else None
    field.fill("2")
    dana.presses("ONE licence: one more")
    expect(field).to_have_value("3")
    dana.sees_figures(due_net="45.00", due_gross="53.55", monthly="45.00")
    dana.presses("ONE licence: one fewer")
    expect(field).to_have_value("2")
    dana.sees_figures(due_net="30.00", due_gross="35.70", monthly="30.00")
    field.fill("a few")
    dana.presses("Continue")
    expect(dana.page.locator("#one-error")).to_be_visible()
    expect(field).to_have_value("a few")
    field.fill("10")
    if dana.scripted:
        dana.sees_figures(
            due_net="150.00", due_tax="28.50", due_gross="178.50", credit="0.00", monthly="150.00"
        )
        expect(dana.page.locator("body[data-kept=yes]")).to_be_visible()


def is_in_force(dana: Visitor, what: str) -> None:
    """The page says so by itself within a second or two; without a script a click on its link does."""
    notice = dana.page.locator("#in-force")
    for _ in range(PATIENCE_MS // 200):
        if dana.scripted or "In force now" in notice.inner_text():
            break
        dana.page.wait_for_timeout(200)
        dana.presses("Refresh this page")
    expect(notice).to_contain_text("In force now")
    dana.finds("Thank you for your order", f"Your phone system works with {what} from now on.")


def adds_four_with_a_credit(dana: Visitor) -> None:
    expect(dana.page.locator(".demo-bar")).to_contain_text("16 June 2026")
    dana.presses("Back to the subscription")
    dana.finds("Minimum term")
    dana.presses("Upgrade")
    dana.finds("10 booked")
    for quantity in range(11, 15):
        dana.presses("ONE licence: one more")
        expect(dana.page.get_by_role("textbox", name="ONE licence")).to_have_value(str(quantity))
    dana.sees_figures(due_net="60.00", due_gross="71.40", credit="30.00", next="180.00", monthly="210.00")
    dana.presses("Continue")
    for question in ("Where do your invoices go?", "How do you pay?"):
        dana.finds(question)
        dana.presses("Continue")
    dana.sees_figures(due_net="60.00", due_gross="71.40", credit="30.00", next="180.00", monthly="210.00")
    dana.finds("You pay 71.40 € with VAT now, and 210.00 € net every month.", "60.00 € × 15 / 30 = 30.00 €")
    dana.presses("Order with obligation to pay")
    is_in_force(dana, "28 trunk lines, 42 endpoints and 14 phone numbers")
    dana.goes_to("Credits")
    dana.finds("30.00 €", "4 × ONE licence ordered on 16 June: the first 15 of 30 days were not yours")


def reads_the_first_monthly_invoice(dana: Visitor) -> None:
    expect(dana.page.locator(".demo-bar")).to_contain_text("1 July 2026")
    dana.goes_to("Invoices")
    dana.finds("July 2026", "180.00 €", "214.20 €")
    dana.page.get_by_role("row", name=re.compile("July 2026")).get_by_role("link").click()
    dana.finds("180.00 €", "VAT 19 % on 180.00 €", "34.20 €", "214.20 €")
    for why in dana.page.get_by_text("Why this amount?").all():
        why.click()
    dana.finds("10 × 15.00 € = 150.00 €", "4 × 15.00 € = 60.00 €", "60.00 € × 15/30 = 30.00 €")


def cancels_and_takes_everything_along(dana: Visitor, file: Path) -> None:
    """Two clicks from the details to the cancellation; three are allowed (rule 7.1)."""
    dana.goes_to("Subscriptions")
    dana.presses("Falk")
    dana.finds("210.00 €")
    dana.presses("Cancel")
    dana.finds("31 May 2027", "You have no backup yet")
    before = dana.page.url
    dana.presses("Download a backup")
    dana.finds("Is it you?")
    dana.types(password=PASSWORD)
    dana.presses("Confirm")
    dana.finds("We do not keep it: without it nobody can open the file.")
    dana.types(passphrase=PASSPHRASE, again=PASSPHRASE)
    with dana.page.expect_download() as under_way:
        dana.page.get_by_role("button", name="Download").click()
    under_way.value.save_as(file)
    holds_the_phones(file)
    dana.page.goto(before)
    dana.presses("Cancel as of 31 May 2027")
    dana.finds("Falk is cancelled", "31 May 2027", "Your newest backup is of")
    dana.presses("Withdraw the cancellation")
    dana.finds("The cancellation is withdrawn. Everything goes on as before.")
    dana.presses("Cancel")
    dana.presses("Cancel as of 31 May 2027")
    dana.finds("Falk is cancelled")


def holds_the_phones(file: Path) -> None:
    """Whoever knows the passphrase can read the file without us."""
    with zipfile.ZipFile(io.BytesIO(pyrage.passphrase.decrypt(file.read_bytes(), PASSPHRASE))) as archive:
        endpoints = archive.read("endpoints.json")
        manifest = json.loads(archive.read("manifest.json"))
    assert [endpoint["name"] for endpoint in json.loads(endpoints)] == ["Reception"]
    assert manifest["parts"]["endpoints.json"]["sha256"] == hashlib.sha256(endpoints).hexdigest()


def finds_it_deleted(dana: Visitor) -> None:
    expect(dana.page.locator(".demo-bar")).to_contain_text("1 June 2027")
    dana.finds("The phone system was deleted for good on 1 June 2027.")
    dana.presses("Deletion record")
    dana.finds("The phone system Falk was deleted on 1 June 2027", "checked just now: it fits this record")
    dana.goes_to("Phone systems")
    dana.finds("Phone systems")
    expect(dana.page.locator("main")).not_to_contain_text("Reception")
    dana.goes_to("Credits")
    dana.finds("0.00 €")
