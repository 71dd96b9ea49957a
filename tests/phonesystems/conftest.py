"""Phone systems to work on: Acme's, and Bolt's of another account; the stock holds twenty numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from switchroom.accounts.models import User
from switchroom.accounts.opening import open_account
from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.catalog.queries import version_on_sale
from switchroom.phonesystems import porting
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.phonesystems.numbers import add_stock
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.setting_up import set_up
from switchroom.plumbing import audit_trail, outbox
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import Grants
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.starting import start_follow_up, start_trial
from tests.phonesystems.papers import signed_order

DAY = date(2026, 6, 1)
AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ENTITLED = Grants(trunk_lines=2, endpoints=3, phone_numbers=2)

Subscribes = Callable[[str], Subscription]
SetsUp = Callable[..., PhoneSystem]


def edge_caught_up() -> None:
    """Everything promised to the edge has happened."""
    outbox.drain()
    assert list(outbox.dead()) == []


def events_of(phone_system: PhoneSystem) -> list[str]:
    """The kinds of all events in the phone system's story, oldest first."""
    story = audit_trail.story_of(subscription_id=phone_system.subscription_id)
    return [event.kind for event in story]


def extensions_of(phone_system: PhoneSystem) -> list[str]:
    """The extensions in the member's order."""
    return list(Endpoint.objects.filter(phone_system=phone_system).values_list("extension", flat=True))


@pytest.fixture
def subscribes(town_clock: None) -> Subscribes:
    """A function that opens an account of this name with a subscription in trial."""
    load_catalogue(shipped_catalogue(), DAY)

    def make(name: str) -> Subscription:
        user = User.objects.create_user(f"owner-{new_id()}@example.com")
        account = open_account(user=user, name=f"{name} GmbH", day=DAY)
        version = version_on_sale(product_key="ONE", day=DAY)
        return start_trial(account_id=account.id, version=version, name=name, day=DAY, user=user)

    return make


@pytest.fixture
def sets_up(subscribes: Subscribes) -> SetsUp:
    """A function that sets up the phone system of a new account, with ENTITLED unless told otherwise."""

    def make(name: str, entitled: Grants = ENTITLED) -> PhoneSystem:
        return set_up(subscription=subscribes(name), name=name, entitled=entitled, day=DAY, at=AT)

    return make


@pytest.fixture
def acme(sets_up: SetsUp) -> PhoneSystem:
    """The phone system of Acme: 2 trunk lines, 3 endpoints, 2 numbers."""
    return sets_up("Acme")


@pytest.fixture
def bolt(sets_up: SetsUp) -> PhoneSystem:
    """The phone system of another account."""
    return sets_up("Bolt")


@pytest.fixture
def follow_up(acme: PhoneSystem) -> Subscription:
    """The subscription that takes over from Acme's."""
    before = acme.subscription
    return start_follow_up(follows=before, version=before.product_version, begins_on=DAY, day=DAY, user=None)


@pytest.fixture
def stock(db: None) -> None:
    """Ten numbers of Berlin and ten of Hamburg."""
    add_stock(numbers=[f"030 23125{number:03}" for number in range(10)], area="Berlin")
    add_stock(numbers=[f"040 66969{number:03}" for number in range(10)], area="Hamburg")


@pytest.fixture
def alice(db: None) -> User:
    """A member who brings numbers along."""
    return User.objects.create_user("alice@example.com")


@pytest.fixture
def port_in(acme: PhoneSystem, alice: User) -> PortIn:
    """Acme has asked for one number from another provider."""
    return porting.ask(phone_system=acme, order=signed_order(), at=AT, user=alice)
