"""The town of the tests: customers who live through days, and what can be read of them afterwards.

``town.on("2026-06-01")`` lives every day up to that one: the day's job just after midnight, then the clock is
at noon. A customer's verbs are the journeys themselves, as a door would call them; after each one the outbox
is emptied, so that edge and letters follow. A wish that is refused is kept as ``refused`` and must be looked
at.
"""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from switchroom.accounts.billing_address import set_billing_address
from switchroom.accounts.models import Member, User
from switchroom.accounts.opening import open_account
from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.journeys import cancel as cancelling
from switchroom.journeys import day as days
from switchroom.journeys import follow_up, reduce, start_trial, upgrade
from switchroom.journeys.audit import run_audit
from switchroom.orders import wizard
from switchroom.orders.models import Order
from switchroom.phonesystems.endpoints import add_endpoint
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.numbers import add_stock, go_live, set_emergency_address, take_number
from switchroom.phonesystems.queries import phone_system_of
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.audit_trail import story_of
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from switchroom.rules.entitlements import entitlements_on
from switchroom.rules.lifecycle import USABLE, State, state_on
from switchroom.rules.promise import Grants, Promise
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.due import accounts_due, next_day_of_all
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import fresh, promise_of
from tests.ledgers import events_text, statement_of

BEGINNING_OF_TIME = date(2000, 1, 1)
JUST_AFTER_MIDNIGHT = time(0, 5)


class Town:
    """All customers of a test, one clock for all. The shipped catalogue is on sale from the beginning."""

    def __init__(self) -> None:
        self.customers: list[Customer] = []
        self.lives_every_day = False
        self._day: date | None = None
        load_catalogue(shipped_catalogue(), BEGINNING_OF_TIME)
        add_stock(numbers=[f"+4930231250{last:02d}" for last in range(20)], area="Berlin")

    @property
    def day(self) -> date:
        """The local day in the town."""
        assert self._day is not None, "nobody has said yet what day it is: town.on(...)"
        return self._day

    def on(self, day: str | date) -> Town:
        """This function will live every day up to ``day``; the first call says where the town begins.

        Days on which nothing is due are passed over, unless ``lives_every_day``.
        """
        last = date.fromisoformat(day) if isinstance(day, str) else day
        if self._day is None:
            self._day = last
        assert last >= self._day, f"the town is at {self._day} already"
        while self._day < last:
            self._day = min(self.coming_day(), last)
            clock.move_to(self._day, at=JUST_AFTER_MIDNIGHT)
            self.run_day()
        clock.move_to(self._day)
        return self

    def coming_day(self) -> date:
        """The next day on which anybody asks for anything; tomorrow where every day is lived."""
        tomorrow = self.day + timedelta(days=1)
        if self.lives_every_day or accounts_due(tomorrow):
            return tomorrow
        return next_day_of_all(after=tomorrow) or date.max

    until = on

    def sleeps_until(self, day: str) -> Town:
        """This function will move the clock without living the days between: nobody runs the day's job."""
        self._day = date.fromisoformat(day)
        clock.move_to(self._day)
        return self

    def run_day(self) -> None:
        """This function will do today's job, and what leaves through the outbox with it."""
        report = days.run_day(day=self.day, at=clock.now())
        assert (report.failed, report.parked) == ((), ())
        outbox.drain()

    def sells(self, catalogue: str) -> Town:
        """This function will put a catalogue file on sale from today on."""
        load_catalogue(catalogue, self.day if self._day else BEGINNING_OF_TIME)
        return self

    def customer(self, name: str, *, language: str = "en") -> Customer:
        """This function will open an account with an owner of this name and a billing address in Berlin."""
        customer = Customer(self, name, language=language)
        self.customers.append(customer)
        return customer

    def closes_its_books(self) -> None:
        """This function will make sure that nothing is left to bill, to provide or to send, and that the
        audit is content.
        """
        for customer in self.customers:
            assert customer.unread_refusal is None, f"{customer.name} was refused: {customer.unread_refusal}"
        events = AuditEvent.objects.count()
        self.run_day()
        assert AuditEvent.objects.count() == events, "the same day, lived once more, found something to do"
        assert self.unsent() == []
        assert run_audit(day=self.day) == []

    def unsent(self) -> list[str]:
        """What the outbox still holds, which is nothing when all effects happened."""
        return [str(entry) for entry in OutboxEntry.objects.filter(done_at=None)]


class Customer:
    """A customer and her owner. With several phone systems the verbs mean the one she ``turns_to``."""

    def __init__(self, town: Town, name: str, *, language: str = "en") -> None:
        self.town = town
        self.name = name
        self.user = User.objects.create_user(f"{name.lower()}@example.com", full_name=name, language=language)
        self.account = open_account(user=self.user, name=f"{name} GmbH", day=town.day)
        member = Member.objects.get(account=self.account, user=self.user)
        set_billing_address(
            member=member,
            typed={
                "company": f"{name} GmbH",
                "street": "Lindenallee 1",
                "postal_code": "10115",
                "city": "Berlin",
                "country": "DE",
                "invoice_email": self.user.email,
            },
            day=town.day,
        )
        self.subscription_id: UUID | None = None
        self._refusal: Refused | None = None

    # What she wishes

    def starts_trial(self, name: str = "") -> Customer:
        """This function will start a trial; its phone system bears her own name unless told otherwise."""

        def wish() -> None:
            started = start_trial.start_trial(
                account_id=self.account.id, user=self.user, name=name or self.name, **self._today()
            )
            self.subscription_id = started.id

        return self._wishes(wish)

    def grows_to(self, *, business: bool = False, **wanted: int) -> Customer:
        """This function will walk the whole store wizard to these quantities and buy, from no trial at all if
        need be.

        What is not named stays as it is booked.
        """
        if self.subscription_id is None:
            self.starts_trial()
        return self._wishes(lambda: self._buys(self._opens_upgrade(), _keys(wanted), business=business))

    def adds(self, *, business: bool = False, **added: int) -> Customer:
        """This function will buy this much more than is booked."""

        def wish() -> None:
            order = self._opens_upgrade()
            booked = self.booked(order)
            wanted = {key: booked.get(key, 0) + more for key, more in _keys(added).items()}
            self._buys(order, wanted, business=business)

        return self._wishes(wish)

    def reduces_to(self, **targets: int) -> Customer:
        """This function will enter a reduction to these quantities."""
        return self._wishes(lambda: reduce.reduce(targets=_keys(targets), **self._mine(), **self._today()))

    def withdraws_reduction(self) -> Customer:
        """This function will withdraw the pending reduction."""
        return self._wishes(lambda: reduce.withdraw_reduction(**self._mine(), **self._today()))

    def cancels(self, *, at_once: bool = False) -> Customer:
        """This function will cancel the subscription."""
        return self._wishes(lambda: cancelling.cancel(at_once=at_once, **self._mine(), **self._today()))

    def withdraws(self) -> Customer:
        """This function will withdraw the cancellation."""
        return self._wishes(lambda: cancelling.withdraw_cancellation(**self._mine(), **self._today()))

    def follows_up_with(self, *, business: bool = False, **wanted: int) -> Customer:
        """This function will order a follow-up subscription with exactly these quantities."""

        def wish() -> None:
            order = follow_up.open_follow_up(**self._mine(), **self._today())
            self._buys(order, _keys(wanted), business=business)

        return self._wishes(wish)

    def sets_up(self, *, endpoints: int = 0, numbers: int = 0) -> Customer:
        """This function will set up devices, and take numbers from the stock and let them ring."""

        def wish() -> None:
            phone_system = self.phone_system
            assert phone_system is not None, f"{self.name} has no phone system"
            at = clock.now()
            first = 10 + phone_system.endpoints.count()
            for extension in range(first, first + endpoints):
                add_endpoint(
                    phone_system=phone_system, name=f"Desk {extension}", extension=str(extension), at=at
                )
            for _ in range(numbers):
                number = take_number(phone_system=phone_system, at=at)
                set_emergency_address(
                    number=number, street="Lindenallee 1", postal_code="10115", city="Berlin", at=at
                )
                go_live(number=number, at=at)

        def atomically() -> None:
            with transaction.atomic():
                wish()

        return self._wishes(atomically)

    def turns_to(self, name: str, *, follow_up: bool = False) -> Customer:
        """This function will have the next verbs mean another of her subscriptions."""
        mine = Subscription.objects.filter(account=self.account, name=name)
        self.subscription_id = mine.get(follows__isnull=not follow_up).id
        return self

    # What can be read of her

    @property
    def refused(self) -> str:
        """The rule and the sentence by which her last wish was refused; empty when it was granted."""
        refusal, self._refusal = self._refusal, None
        return "" if refusal is None else f"{refusal.rule} {refusal}"

    @property
    def unread_refusal(self) -> Refused | None:
        """A refusal that no test has looked at."""
        return self._refusal

    @property
    def subscription(self) -> Subscription:
        """The subscription that is meant, as it stands."""
        assert self.subscription_id is not None, f"{self.name} has no subscription"
        return fresh(self.subscription_id)

    @property
    def promise(self) -> Promise:
        """The same as dated facts."""
        return promise_of(self.subscription)

    def state(self) -> State:
        """Today's word for the subscription."""
        return state_on(self.promise, self.town.day)

    @property
    def phone_system(self) -> PhoneSystem | None:
        """Its phone system; none when it was deleted or is still to come."""
        return phone_system_of(self.subscription.id)

    @property
    def entitled(self) -> Grants:
        """What the phone system works by, which is what was promised for today."""
        phone_system, promised = self.phone_system, entitlements_on(self.promise, self.town.day)
        if phone_system is None or not phone_system.is_on:
            assert self.state() not in USABLE
            return Grants()
        works_by = Grants(phone_system.trunk_lines, phone_system.endpoint_limit, phone_system.number_limit)
        assert works_by == promised
        return works_by

    @property
    def statement(self) -> str:
        """Every document with every line, and every credit, as text."""
        return statement_of(self.account.id)

    @property
    def story(self) -> list[str]:
        """Every event of the subscription that is meant, in order."""
        assert self.subscription_id is not None
        return events_text(story_of(subscription_id=self.subscription_id))

    @property
    def mails(self) -> list[str]:
        """Day and subject of every letter that reached her, in order."""
        received = [letter for letter in letters_sent() if letter["To"] == self.user.email]
        return [f"{clock.local_day(sent_at(letter))} {letter['Subject']}" for letter in received]

    def booked(self, order: Order) -> dict[str, int]:
        """This function will say what an order of hers cannot undercut."""
        return wizard.booked_before(order=order, promise=self.promise, day=self.town.day)

    # How a wish is made

    def _opens_upgrade(self) -> Order:
        return upgrade.open_upgrade(**self._mine(), **self._today())

    def _buys(self, order: Order, wanted: dict[str, int], *, business: bool) -> None:
        self.fills_in(order, wanted, business=business)
        shown, _ = upgrade.show_quote(account_id=self.account.id, order_id=order.id, **self._today())
        upgrade.purchase(
            account_id=self.account.id, order_id=order.id, quote_id=shown.id, user=self.user, **self._today()
        )

    def fills_in(self, order: Order, wanted: dict[str, int], *, business: bool = False) -> None:
        """This function will go through the wizard up to the overview; raises what a field refuses."""
        version = wizard.version_for(order=order, subscription=self.subscription, day=self.town.day)
        booked = self.booked(order)
        typed = {
            licence.key: str(wanted.get(licence.key, booked.get(licence.key, 0)))
            for licence in version.licences.all()
        }
        for refusal in wizard.choose_quantities(
            order=order, typed=typed, version=version, booked=booked
        ).values():
            raise refusal
        wizard.choose_service_level(order=order, key="business" if business else "basic", version=version)
        for step in wizard.steps_of(order=order, subscription=self.subscription):
            wizard.confirm(order=order, step=step)

    def _mine(self) -> dict[str, Any]:
        return {
            "account_id": self.account.id,
            "subscription_id": self.subscription_id,
            "user": self.user,
        }

    def _today(self) -> dict[str, Any]:
        return {"day": self.town.day, "at": clock.now()}

    def _wishes(self, wish: Callable[[], object]) -> Customer:
        assert self._refusal is None, f"{self.name} was refused before: {self._refusal}"
        try:
            wish()
        except Refused as refusal:
            self._refusal = refusal
        outbox.drain()
        return self


def letters_sent() -> list[EmailMessage]:
    """This function will read the letters of this test, in the order in which they were written."""
    files = sorted(Path(settings.MAIL_FOLDER).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    letters = [email.message_from_bytes(file.read_bytes(), policy=modern) for file in files]
    return sorted(letters, key=sent_at)


def sent_at(letter: EmailMessage) -> datetime:
    """This function will give the instant (UTC) that a letter bears."""
    return datetime.strptime(letter["Date"], "%a, %d %b %Y %H:%M:%S %z").astimezone(UTC)


def _keys(named: dict[str, int]) -> dict[str, int]:
    """Licences are named with dashes, Python's keywords with underscores."""
    return {name.replace("_", "-"): number for name, number in named.items()}
