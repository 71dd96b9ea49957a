"""``switchroom replay`` and the journeys are told the same lives and must agree to the cent.

The replay knows the rules and nothing else; here the same life runs through wizard, purchase, day's job,
database and outbox. Documents, credits, states, entitlements, refusals, and the days of switching off and
deletion are compared; each life ends in the audit. The catalogue of a life is loaded as an operator would.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from switchroom.billing import ledger
from switchroom.billing.models import Credit, Invoice, InvoiceLine
from switchroom.phonesystems.models import DeletionRecord
from switchroom.plumbing.audit_trail import story_of
from switchroom.replay.format import read_life
from switchroom.replay.lives import live
from switchroom.replay.report import report
from switchroom.rules.periods import Month
from tests.cast import Customer, Town
from tests.catalogues import catalogue, with_licences
from tests.lives import IS_FULL, LICENCES, Document, changed_products, lives

LEAST_TERMS = {"term_months": 1, "trial_days": 1}
"""The what-if tool also takes terms that no catalogue may have."""
SOMETHING = {"endpoints": 1}
ONLY_RATE = "19"
"""The German rate in all the years of these lives."""


def sellable(product: Document) -> Document:
    """This function will give a product that a catalogue may hold, as like the drawn one as can be."""
    terms = dict(product)
    for term, least in LEAST_TERMS.items():
        if term in terms:
            terms[term] = max(least, terms[term])
    if "trial_grants" in terms and not any(terms["trial_grants"].values()):
        terms["trial_grants"] = SOMETHING
    if "licences" in terms:
        terms["licences"] = {key: _granting(terms["licences"][key]) for key in LICENCES}
    return terms


def _granting(licence: Document) -> Document:
    return licence if any(licence["grants"].values()) else {**licence, "grants": SOMETHING}


def one_trial_in_catalogue_order(life: Document) -> Document:
    """This function will begin a life with its one trial, because here a second one is a second subscription.

    Additions stand in the catalogue's order, the only one that the wizard knows for credits of one moment.
    """
    wishes = life["events"]
    first = next((place for place, event in enumerate(wishes) if "trial" in event), len(wishes))
    events = [
        event
        for place, event in enumerate(wishes)
        if place == first or (place > first and "trial" not in event)
    ]
    for event in events:
        if "upgrade" in event:
            wanted = event["upgrade"]
            event["upgrade"] = {key: wanted[key] for key in LICENCES if key in wanted}
    return {**life, "events": events, "vat_rate": ONLY_RATE}


products = st.one_of(st.just("ONE"), changed_products.map(sellable))
sold_lives = lives(products=products).map(one_trial_in_catalogue_order)


@pytest.mark.django_db
@settings(
    max_examples=400 if IS_FULL else 24,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a life takes a second: too long to be shrunk
)
@given(life=sold_lives)
def test_the_journeys_write_what_the_replay_says(life: Document) -> None:
    agrees(life)


@pytest.mark.django_db
def test_the_life_of_the_format_is_lived_alike() -> None:
    """The example of the format's own page."""
    agrees(
        {
            "product": "ONE",
            "events": [
                {"on": "2026-05-20", "trial": {}},
                {"on": "2026-06-01", "upgrade": {"one": 10}},
                {"on": "2026-06-16", "upgrade": {"one": 4}},
                {"on": "2026-06-18", "reduce": {"one": 12}},
                {"on": "2026-06-20", "cancel": {}},
            ],
            "until": "2027-06-02",
        }
    )


def agrees(life: Document) -> None:
    """This function will live a life in both ways and forget the database's afterwards."""
    expected = report(live(read_life(json.dumps(life).encode())))
    with transaction.atomic():
        lived = lived_in_town(life)
        transaction.set_rollback(True)
    for part in ("documents", "credits", "states", "entitlements", "refused", "phone_system"):
        assert lived[part] == in_any_order(part, expected[part]), (part, life)


def in_any_order(part: str, value: Any) -> Any:
    """This function will give a part of the replay's answer in the form in which the town's is gathered."""
    if part == "documents":
        return [{**document, "lines": together(document["lines"])} for document in value]
    if part == "refused":
        return [(refused["event"], refused["rule"], refused["sentence"]) for refused in value]
    return value


def together(lines: list[Document]) -> list[tuple[Any, ...]]:
    """This function will add up lines of the same licence, kind and month: they may stand apart."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for line in lines:
        key = tuple(
            line.get(name)
            for name in ("licence", "kind", "month", "unit_price", "days", "of", "from_document")
        )
        quantity, net = sums.setdefault(key, [0, 0])
        sums[key] = [quantity + line.get("quantity", 0), net + line["net"]]
    return sorted(((*key, *both) for key, both in sums.items()), key=str)


def lived_in_town(life: Document) -> Document:
    """This function will live a life through the journeys and say what came of it as the replay would."""
    town = Town()
    if isinstance(life["product"], dict):
        town.sells(as_catalogue(life["product"]))
    gathered: Document = {"states": [], "entitlements": [], "refused": []}
    events = list(enumerate(life["events"]))
    until = date.fromisoformat(life["until"])
    customer: Customer | None = None
    for place, event in events:
        if date.fromisoformat(event["on"]) > until:
            break
        if customer is None:
            customer = town.on(event["on"]).customer("Lena")
        _live_until(town, customer, event["on"], gathered)
        wish(customer, event)
        if refusal := customer.refused:
            rule, _, sentence = refusal.partition(" ")
            gathered["refused"].append((place, rule, sentence))
        _note(customer, gathered)
    if customer is not None:
        _live_until(town, customer, until.isoformat(), gathered)
        town.closes_its_books()
    return {**gathered, **_papers(customer), "phone_system": _phone_system(customer)}


def as_catalogue(product: Document) -> str:
    """This function will write a product of the what-if tool as a catalogue file."""
    plain = ("term_months", "trial_days", "trial_grace_days", "retention_days", "reduction_in_term")
    terms = {term: product[term] for term in plain if term in product}
    if "trial_grants" in product:
        terms |= {"trunk_lines": 0, "endpoints": 0, "phone_numbers": 0} | product["trial_grants"]
    text = catalogue(**terms)
    return with_licences(text, product["licences"]) if "licences" in product else text


def wish(customer: Customer, event: Document) -> None:
    """This function will have the customer do what an event says."""
    (verb,) = (key for key in event if key != "on")
    wanted = event[verb]
    {
        "trial": customer.starts_trial,
        "upgrade": lambda: customer.adds(**wanted),
        "reduce": lambda: customer.reduces_to(**wanted),
        "cancel": lambda: customer.cancels(at_once=wanted == {"at": "once"}),
        "withdraw_cancellation": customer.withdraws,
        "withdraw_reduction": customer.withdraws_reduction,
    }[verb]()


def _live_until(town: Town, customer: Customer, day: str, gathered: Document) -> None:
    """Lives day after due day, because a state counts at the end of each."""
    last = date.fromisoformat(day)
    while town.day < last:
        town.on(min(town.coming_day(), last))
        _note(customer, gathered)


def _note(customer: Customer, gathered: Document) -> None:
    """The end of a day is what counts, so a later note of the same day replaces an earlier one."""
    today = customer.town.day.isoformat()
    entitled = customer.entitled
    services = {name: getattr(entitled, name) for name in ("trunk_lines", "endpoints", "phone_numbers")}
    for part, value in (("states", {"state": customer.state().value}), ("entitlements", services)):
        notes = gathered[part]
        if notes and notes[-1]["from"] == today:
            notes.pop()
        if not notes or {key: one for key, one in notes[-1].items() if key != "from"} != value:
            notes.append({"from": today, **value})


def _papers(customer: Customer | None) -> Document:
    if customer is None:
        return {"documents": [], "credits": []}
    invoices = list(Invoice.objects.filter(account=customer.account).order_by("series", "number"))
    number = {invoice.id: place for place, invoice in enumerate(invoices, start=1)}
    credits = ledger.with_left(Credit.objects.filter(account=customer.account)).select_related(
        "line__item__licence"
    )
    return {
        "documents": [
            {
                "number": number[invoice.id],
                "on": invoice.issued_on.isoformat(),
                "net": invoice.net_minor,
                "vat": invoice.tax_minor,
                "gross": invoice.gross_minor,
                "lines": together([_line(row, number) for row in invoice.lines.all()]),
            }
            for invoice in invoices
        ],
        "credits": [
            {
                "licence": credit.line.item.licence.key,
                "month": str(Month.of(credit.line.month_on)),
                "granted_on": credit.granted_on.isoformat(),
                "days": credit.days,
                "of": credit.of_days,
                "granted": credit.granted_minor,
                "used": credit.granted_minor - credit.left_minor,
                "left": credit.left_minor,
                "from_document": number[credit.line.invoice_id],
            }
            for credit in credits.order_by("granted_on", "sequence")
        ],
    }


def _line(row: InvoiceLine, number: dict[Any, int]) -> Document:
    line: Document = {
        "licence": row.item.licence.key,
        "kind": row.kind,
        "month": str(Month.of(row.month_on)),
        "net": row.net_minor,
        "days": row.days,
        "of": row.of_days,
    }
    if row.credit is None:
        return line | {"quantity": row.quantity, "unit_price": row.unit_price_minor}
    return line | {"from_document": number[row.credit.line.invoice_id]}


def _phone_system(customer: Customer | None) -> Document:
    if customer is None or customer.subscription_id is None:
        return {"switched_off_on": None, "deleted_on": None}
    switches = story_of(subscription_id=customer.subscription_id).filter(
        kind__startswith="phone_system_switched_"
    )
    last = switches.last()
    record = DeletionRecord.objects.filter(subscription=customer.subscription).first()
    return {
        "switched_off_on": last.happened_on.isoformat() if last and last.kind.endswith("_off") else None,
        "deleted_on": record.deleted_on.isoformat() if record else None,
    }
