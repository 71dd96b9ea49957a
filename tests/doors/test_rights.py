"""Who may open and do what: every address of the portal, every role, one's own account and a foreign one.

The table is the whole truth and is compared as a whole: an address that is added without a line in it fails
here. ``foreign`` is what a member of another account gets, whatever the role; ``out`` is whoever is not
signed in; ``·`` means that the address names nothing that could be foreign. Numbers are answers of HTTP:
200 a page, 302 done or sent on, 403 the role does not include it, 404 nothing here, 405 not this way,
422 refused on the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.db import connection, reset_queries, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from switchroom.accounts.models import Role, User
from tests.cast import Town
from tests.doors.addresses import addresses
from tests.doors.household import Household, household

ANSWERS = """
                                  owner      billing    technical  viewer     foreign    out
subscriptions               GET   200        200        200        200        ·          login
subscriptions               POST  405        405        405        405        ·          login
open_account                GET   200        200        200        200        ·          login
open_account                POST  302        302        302        302        ·          login
choose_account              GET   405        405        405        405        405        login
choose_account              POST  302        302        302        302        404        login
start_trial                 GET   200        200        403        403        ·          login
start_trial                 POST  302        302        403        403        ·          login
subscription                GET   200        200        200        200        404        login
subscription                POST  405        405        405        405        405        login
deletion_record             GET   200        200        200        200        404        login
deletion_record             POST  405        405        405        405        405        login
deletion_record_file        GET   200        200        200        200        404        login
deletion_record_file        POST  405        405        405        405        405        login
credits                     GET   200        200        403        403        ·          login
credits                     POST  405        405        405        405        ·          login
invoices                    GET   200        200        403        403        ·          login
invoices                    POST  405        405        405        405        ·          login
invoice                     GET   200        200        403        403        404        login
invoice                     POST  405        405        405        405        405        login
members                     GET   200        200        200        403        ·          login
members                     POST  405        405        405        405        ·          login
invite_member               GET   200        403        403        403        ·          login
invite_member               POST  302        403        403        403        ·          login
change_role                 GET   200        403        403        403        404        login
change_role                 POST  302        403        403        403        404        login
remove_member               GET   200        403        200        403        404        login
remove_member               POST  302        403        302        403        404        login
resend_invitation           GET   405        405        405        405        405        login
resend_invitation           POST  302        403        403        403        404        login
withdraw_invitation         GET   405        405        405        405        405        login
withdraw_invitation         POST  302        403        403        403        404        login
invitation                  GET   200        200        200        200        200        200
invitation                  POST  422        422        422        422        422        302
account                     GET   200        200        403        403        ·          login
account                     POST  302        302        403        403        ·          login
profile                     GET   200        200        200        200        ·          login
profile                     POST  302        302        302        302        ·          login
help                        GET   200        200        200        200        ·          200
help                        POST  405        405        405        405        ·          405
phone_systems               GET   200        403        200        200        ·          login
phone_systems               POST  405        405        405        405        ·          login
phone_system                GET   200        403        200        200        404        login
phone_system                POST  405        405        405        405        405        login
in_use                      GET   200        403        200        200        404        login
in_use                      POST  405        405        405        405        405        login
backups                     GET   200        200        200        403        404        login
backups                     POST  302        302        302        403        404        login
take_home                   GET   200        200        200        403        404        login
take_home                   POST  422        422        422        403        404        login
bring_back                  GET   200        403        200        403        404        login
bring_back                  POST  422        403        422        403        404        login
take_one_home               GET   200        200        200        403        404        login
take_one_home               POST  422        422        422        403        404        login
restore                     GET   200        403        200        403        404        login
restore                     POST  302        403        302        403        404        login
add_endpoint                GET   405        405        405        405        405        login
add_endpoint                POST  200        403        200        403        404        login
rename_endpoint             GET   200        403        200        403        404        login
rename_endpoint             POST  302        403        302        403        404        login
provision                   GET   404        404        404        404        404        404
provision                   POST  405        405        405        405        405        405
endpoint_secret             GET   405        405        405        405        405        login
endpoint_secret             POST  200        403        200        403        404        login
remove_endpoint             GET   200        403        200        403        404        login
remove_endpoint             POST  302        403        302        403        404        login
move_endpoint               GET   405        405        405        405        405        login
move_endpoint               POST  302        403        302        403        404        login
softphone_login             GET   405        405        405        405        405        login
softphone_login             POST  200        403        200        403        404        login
softphone                   GET   200        403        200        403        404        login
softphone                   POST  405        405        405        405        405        login
add_ring_group              GET   200        403        200        403        404        login
add_ring_group              POST  302        403        302        403        404        login
ring_group                  GET   200        403        200        403        404        login
ring_group                  POST  302        403        302        403        404        login
add_ring                    GET   405        405        405        405        405        login
add_ring                    POST  422        403        422        403        404        login
change_ring                 GET   405        405        405        405        405        login
change_ring                 POST  302        403        302        403        404        login
remove_ring_group           GET   200        403        200        403        404        login
remove_ring_group           POST  302        403        302        403        404        login
take_number                 GET   200        403        200        403        404        login
take_number                 POST  302        403        302        403        404        login
number_address              GET   200        403        200        403        404        login
number_address              POST  302        403        302        403        404        login
number_rings                GET   405        405        405        405        405        login
number_rings                POST  302        403        302        403        404        login
release_number              GET   200        403        200        403        404        login
release_number              POST  302        403        302        403        404        login
move_number                 GET   405        405        405        405        405        login
move_number                 POST  302        403        302        403        404        login
bring_number                GET   200        403        200        403        404        login
bring_number                POST  422        403        422        403        404        login
port_in                     GET   200        403        200        403        404        login
port_in                     POST  405        405        405        405        405        login
withdraw_port_in            GET   200        403        200        403        404        login
withdraw_port_in            POST  302        403        302        403        404        login
upgrade                     GET   200        200        403        403        404        login
upgrade                     POST  302        302        403        403        404        login
follow_up                   GET   200        200        403        403        404        login
follow_up                   POST  302        302        403        403        404        login
purchase                    GET   405        405        405        405        405        login
purchase                    POST  302        302        403        403        404        login
order_confirmation          GET   200        200        403        403        404        login
order_confirmation          POST  405        405        405        405        405        login
order_in_force              GET   200        200        403        403        404        login
order_in_force              POST  405        405        405        405        405        login
contract_summary            GET   200        200        403        403        404        login
contract_summary            POST  405        405        405        405        405        login
discard_order               GET   405        405        405        405        405        login
discard_order               POST  302        302        403        403        404        login
order_step quantities       GET   200        200        403        403        404        login
order_step quantities       POST  302        302        403        403        404        login
order_step service-level    GET   200        200        403        403        404        login
order_step service-level    POST  302        302        403        403        404        login
order_step billing-address  GET   200        200        403        403        404        login
order_step billing-address  POST  302        302        403        403        404        login
order_step payment-method   GET   200        200        403        403        404        login
order_step payment-method   POST  302        302        403        403        404        login
order_step overview         GET   200        200        403        403        404        login
order_step overview         POST  200        200        403        403        404        login
terms                       GET   200        200        200        200        ·          200
terms                       POST  405        405        405        405        ·          405
reduce                      GET   200        200        403        403        404        login
reduce                      POST  422        422        403        403        404        login
withdraw_reduction          GET   405        405        405        405        405        login
withdraw_reduction          POST  302        302        403        403        404        login
reduction_reminder          GET   200        200        403        403        404        login
reduction_reminder          POST  405        405        405        405        405        login
cancel                      GET   200        200        403        403        404        login
cancel                      POST  302        302        403        403        404        login
withdraw_cancellation       GET   405        405        405        405        405        login
withdraw_cancellation       POST  302        302        403        403        404        login
cancellation_confirmation   GET   200        200        200        200        404        login
cancellation_confirmation   POST  405        405        405        405        405        login
design                      GET   200        200        200        200        ·          200
design                      POST  405        405        405        405        ·          405
"""

ROLES = list(Role.values)
REFUSALS = ("403", "404", "405", "login")
WRITING = re.compile("INSERT|UPDATE|DELETE")
REASON = "Your role in this account does not include this. Please ask an owner."
UNFINISHED = ("<c-", "{%", "{{", "{#")
ADDRESS = {"street": "Lindenallee 2", "postal_code": "10115", "city": "Berlin"}
BILLING = {**ADDRESS, "company": "Anna GmbH", "country": "DE", "invoice_email": "bills@example.com"}
TYPED = {
    "open_account": {"name": "Second GmbH"},
    "start_trial": {"name": "Another place"},
    "invite_member": {"email": "else@example.com", "role": "viewer"},
    "change_role": {"role": "viewer"},
    "account": BILLING,
    "profile": {"full_name": "Another Name", "language": "en"},
    "add_endpoint": {"name": "Lobby", "extension": "77"},
    "rename_endpoint": {"name": "Lobby"},
    "move_endpoint": {"to": "down"},
    "add_ring_group": {"name": "Night", "extension": "60", "manner": "all"},
    "ring_group": {"name": "Day", "extension": "50", "manner": "all"},
    "change_ring": {"seconds": "30"},
    "take_number": {"area": "Berlin"},
    "number_address": ADDRESS,
    "move_number": {"to": "up"},
    "order_step quantities": {"one": "5", "next": "1"},
    "order_step service-level": {"service_level": "business", "next": "1"},
    "order_step billing-address": BILLING,
}
"""What is sent by POST, by address; nothing to all others."""


@dataclass(frozen=True)
class Answer:
    """What came back: the word for it, the page, and whether a row was written on the way."""

    word: str
    text: str
    wrote: bool

    @property
    def faults(self) -> list[str]:
        """What no answer may do, whoever asked for what."""
        return [
            *(f"it shows {mark}" for mark in UNFINISHED if mark in self.text),
            *(["it is refused and writes"] if self.wrote and self.word in REFUSALS else []),
            *(["it does not say why"] if self.word == "403" and REASON not in self.text else []),
        ]


def ask(client: Client, method: str, url: str, typed: dict[str, str]) -> Answer:
    """The answer, as if nothing had been done: what it wrote is undone."""
    reset_queries()  # else Django keeps those of all answers
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        response = client.get(url) if method == "GET" else client.post(url, typed)
        transaction.set_rollback(True)
    wrote = any(WRITING.match(query["sql"]) for query in asked)
    return Answer(_word(response), response.content.decode(), wrote)


def walk_through(home: Household, other: Household) -> tuple[str, list[str]]:
    """What everybody gets, as the table says it, and the faults of all answers."""
    clients = {role: _signed_in(user) for role, user in home.people.items()}
    strangers = {f"foreign {role}": _signed_in(user) for role, user in other.people.items()}
    homely = {**clients, "out": Client(raise_request_exception=False)}
    everybody = {**homely, **strangers}
    lines, faults = [_line("", "", [*ROLES, "foreign", "out"])], []
    for address in addresses(home):
        typed = {"account": str(home.ids["account"]), "quote": str(home.ids["quote"])}
        typed |= TYPED.get(address.label, {})
        for method in ("GET", "POST"):
            asking = everybody if address.is_somebodys else homely
            answers = {who: ask(client, method, address.url, typed) for who, client in asking.items()}
            foreign = "/".join(sorted({answers[who].word for who in strangers if who in answers}))
            words = [*(answers[role].word for role in ROLES), foreign or "·", answers["out"].word]
            lines.append(_line(address.label, method, words))
            faults += [
                f"{method} {address.label} by {who}: {fault}"
                for who, answer in answers.items()
                for fault in answer.faults
            ]
    return "\n" + "\n".join(lines) + "\n", faults


def _signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _line(label: str, method: str, words: list[str]) -> str:
    return f"{label:28}{method:6}{''.join(f'{word:11}' for word in words)}".rstrip()


def _word(answer: HttpResponseBase) -> str:
    is_login = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/?next=/")
    return "login" if is_login else str(answer.status_code)


@pytest.fixture
def homes(db: None) -> tuple[Household, Household]:
    """Anna's household, whose addresses are asked for, and Berta's, to whom they are foreign."""
    town = Town().on("2026-06-10")
    return household(town, "Anna"), household(town, "Berta")


def test_everybody_gets_what_the_table_says(homes: tuple[Household, Household]) -> None:
    answers, faults = walk_through(*homes)
    assert answers == ANSWERS
    assert faults == []
