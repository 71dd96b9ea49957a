"""The town: four customers with a past, made by living it.

Nothing is written by hand: each of them signs up, tries, orders and cancels through the same journeys as
anybody, on the days on which it happened, with the night's work done in between. What the town shows is
therefore what a real installation would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypedDict
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction

from switchroom.accounts.billing_address import set_billing_address
from switchroom.accounts.models import Account, Language, Member, Role, User
from switchroom.accounts.opening import open_account
from switchroom.demo.moving import live_until
from switchroom.journeys import cancel, reduce, start_trial, upgrade
from switchroom.orders import wizard
from switchroom.phonesystems import endpoints, numbers, ring_groups
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing import clock, outbox

PASSWORD = "switchroom-demo"  # noqa: S105  # printed on the terminal, for a town that anybody may enter
TOWN_DAY = date(2026, 6, 22)
BEGINNING = date(2025, 4, 1)
STOCK = {
    "Berlin": [f"+49302312{number:04d}" for number in range(5000, 5040)],
    "Hamburg": [f"+49402312{number:04d}" for number in range(5000, 5040)],
    "München": [f"+49892312{number:04d}" for number in range(5000, 5040)],
}


@dataclass(frozen=True)
class Person:
    """Somebody of the town: who they are, their company, where it gets its invoices, what they read."""

    email: str
    full_name: str
    company: str
    street: str
    postal_code: str
    city: str
    language: Language = Language.ENGLISH


DANA = Person("dana@example.com", "Dana Falk", "Falk Architekten", "Torstraße 12", "10119", "Berlin")
ERIK = Person("erik@example.com", "Erik Sommer", "Sommer Logistik", "Speicherstadt 3", "20457", "Hamburg")
FARAH = Person("farah@example.com", "Farah Amini", "Amini Übersetzungen", "Marienplatz 4", "80331", "München")
GUSTAV = Person(
    "gustav@example.com",
    "Gustav Lindner",
    "Lindner Druck",
    "Gleisdreieck 7",
    "10963",
    "Berlin",
    Language.GERMAN,
)
OPERATOR = "operator@example.com"
DESKS = {
    Language.ENGLISH: (
        "Reception",
        "Office",
        "Workshop",
        "Conference room",
        "Home office",
        "Warehouse",
        "Lab",
        "Gate",
    ),
    Language.GERMAN: ("Empfang", "Büro", "Druckerei", "Besprechung", "Homeoffice", "Lager", "Labor", "Tor"),
}
"""What people call their devices, in the language they read."""


def build_town() -> None:
    """This function will make the town, from an empty database to the morning of ``TOWN_DAY``.

    The clock begins on ``BEGINNING``, when nobody is there yet.
    """
    with transaction.atomic():
        for area, stock in STOCK.items():
            numbers.add_stock(numbers=stock, area=area)
        _proven(User.objects.create_superuser(OPERATOR, PASSWORD, full_name="The operator"))
    gustav = _signs_up(GUSTAV)
    gustavs = _starts_trial(gustav, GUSTAV, "Lindner", endpoints_wanted=6, area="Berlin")
    _at(date(2025, 4, 10))
    _orders(gustav, GUSTAV, gustavs, one=16)
    _at(date(2025, 6, 2))
    farah = _signs_up(FARAH)
    farahs = _starts_trial(farah, FARAH, "Amini", endpoints_wanted=4, area="München")
    _at(date(2025, 6, 16))
    _orders(farah, FARAH, farahs, one=3)
    _at(date(2025, 9, 22))
    _orders(gustav, GUSTAV, gustavs, one=20)
    _at(date(2026, 2, 16))
    erik = _signs_up(ERIK)
    eriks = _starts_trial(erik, ERIK, "Sommer Zentrale", endpoints_wanted=8, area="Hamburg")
    _rings_in_order(ERIK, eriks, name="Switchboard", extension="50")
    _at(date(2026, 3, 1))
    _orders(erik, ERIK, eriks, level="business", one=10)
    _at(date(2026, 4, 21))
    cancel.cancel(account_id=farah.id, subscription_id=farahs, user=_user(FARAH), **_now())
    _at(date(2026, 6, 10))
    dana = _signs_up(DANA)
    _starts_trial(dana, DANA, "Falk", endpoints_wanted=3, area="Berlin")
    _at(date(2026, 6, 15))
    reduce.reduce(
        account_id=gustav.id, subscription_id=gustavs, targets={"one": 12}, user=_user(GUSTAV), **_now()
    )
    _at(date(2026, 6, 16))
    _orders(erik, ERIK, eriks, one=14)
    _at(TOWN_DAY)


def _at(day: date) -> None:
    """Live every day up to this one; its wishes come at half past nine."""
    live_until(day, at=time(9, 30))
    outbox.drain()


class Now(TypedDict):
    """The town's day and instant, as every journey takes them."""

    day: date
    at: datetime


def _now() -> Now:
    at = clock.now()
    return Now(day=clock.local_day(at), at=at)


def _user(person: Person) -> User:
    return User.objects.get(email=person.email)


def _proven(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _signs_up(person: Person) -> Account:
    with transaction.atomic():
        user = _proven(
            User.objects.create_user(
                person.email, PASSWORD, full_name=person.full_name, language=person.language
            )
        )
        account = open_account(user=user, name=person.company, day=clock.today())
        set_billing_address(
            member=Member.objects.get(account=account, user=user, role=Role.OWNER),
            typed={
                "company": person.company,
                "street": person.street,
                "postal_code": person.postal_code,
                "city": person.city,
                "country": "DE",
                "vat_id": "",
                "invoice_email": person.email,
            },
            day=clock.today(),
        )
    return account


def _starts_trial(account: Account, person: Person, name: str, *, endpoints_wanted: int, area: str) -> UUID:
    """A trial whose phone system is set up at once: devices for the first people, one live number."""
    user = _user(person)
    subscription = start_trial.start_trial(account_id=account.id, user=user, name=name, **_now())
    phone_system = phone_system_of(subscription.id)
    if phone_system is None:
        raise RuntimeError("a trial always has a phone system")
    at = clock.now()
    with transaction.atomic():
        for place, desk in enumerate(DESKS[person.language][:endpoints_wanted], start=1):
            endpoints.add_endpoint(
                phone_system=phone_system, name=desk, extension=str(20 + place), at=at, actor=user.email
            )
        number = numbers.take_number(phone_system=phone_system, area=area, at=at, actor=user.email)
        numbers.set_emergency_address(
            number=number, street=person.street, postal_code=person.postal_code, city=person.city, at=at
        )
        numbers.go_live(number=number, at=at, actor=user.email)
    return subscription.id


def _rings_in_order(person: Person, subscription_id: UUID, *, name: str, extension: str) -> None:
    """A ring group of the first two devices, one after another, rung by the number."""
    phone_system = phone_system_of(subscription_id)
    if phone_system is None:
        raise RuntimeError("a subscription that runs has a phone system")
    at, actor = clock.now(), person.email
    with transaction.atomic():
        group = ring_groups.add_group(
            phone_system=phone_system, name=name, extension=extension, manner="in_order", at=at, actor=actor
        )
        for endpoint in phone_system.endpoints.order_by("position")[:2]:
            ring_groups.add_member(group=group, endpoint=endpoint, at=at)
        numbers.let_ring(number=phone_system.numbers.get(), group=group, at=at, actor=actor)


def _orders(
    account: Account, person: Person, subscription_id: UUID, *, level: str = "basic", **wanted: int
) -> None:
    """The whole wizard: quantities, service level, address, payment, overview, purchase."""
    user, now = _user(person), _now()
    order = upgrade.open_upgrade(account_id=account.id, subscription_id=subscription_id, user=user, **now)
    order.wanted = {**order.wanted, **wanted}
    order.service_level = level
    order.steps_done = [step.value for step in wizard.Step if step is not wizard.Step.OVERVIEW]
    order.save(update_fields=["wanted", "service_level", "steps_done"])
    shown, _quote = upgrade.show_quote(account_id=account.id, order_id=order.id, **now)
    upgrade.purchase(account_id=account.id, order_id=order.id, quote_id=shown.id, user=user, **now)
