"""A customer with one of everything that an address of the portal can name, for the tests of its doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from switchroom.accounts.invitations import invite
from switchroom.accounts.models import Member, Role, User
from switchroom.billing.models import Invoice
from switchroom.journeys.upgrade import open_upgrade, show_quote
from switchroom.orders.models import Order, OrderState
from switchroom.phonesystems.backups import make_backup
from switchroom.phonesystems.models import DeletionRecord, PhoneSystem, RingGroupMember
from switchroom.phonesystems.ring_groups import add_group, add_member
from switchroom.plumbing import clock
from tests.cast import Customer, Town
from tests.journeys.bringing import brings


@dataclass
class Household:
    """A customer, her colleagues in every role, and the ids of all that is hers, by what they are.

    The office is in its term, with two endpoints, a ring group of one, a number, and another one on its way;
    the annexe is cancelled; the shop is in its trial, with an order that stands at its overview; the garage's
    trial was cancelled and deleted.
    """

    customer: Customer
    members: dict[str, Member] = field(default_factory=dict)
    ids: dict[str, UUID | str] = field(default_factory=dict)

    @property
    def people(self) -> dict[str, User]:
        """Who is who, by role."""
        return {role: member.user for role, member in self.members.items()}


def household(town: Town, name: str) -> Household:
    """This function will live a customer's first day and gather what came of it."""
    customer = town.customer(name)
    home = Household(customer)
    _starts(home, "garage").cancels(at_once=True)
    _starts(home, "annexe").grows_to(one=1).cancels()
    _starts(home, "office").grows_to(one=3).sets_up(endpoints=2, numbers=1)
    phone_system = customer.phone_system
    assert phone_system is not None
    brought = brings(customer, f"040 987650{len(town.customers)}")
    ring = _ring_of(phone_system)
    _starts(home, "shop")
    order, quote_id = _at_the_overview(customer)
    for role in Role.values:
        home.members[role] = _member(customer, role)
    invitation_id, token = _invites(home.members[Role.OWNER])
    home.ids |= {
        "account": customer.account.id,
        "record": DeletionRecord.objects.get(account_id=customer.account.id).id,
        "invoice": Invoice.objects.filter(account_id=customer.account.id).latest("number").id,
        "draft": order.id,
        "bought": Order.objects.get(subscription_id=home.ids["office"], state=OrderState.PURCHASED).id,
        "quote": quote_id,
        "backup": make_backup(phone_system=phone_system, at=clock.now(), user=customer.user).id,
        "endpoint": phone_system.endpoints.earliest("position").id,
        "number": phone_system.numbers.get().id,
        "port_in": brought.id,
        "ring group": ring.ring_group_id,
        "ring": ring.id,
        "member": home.members[Role.TECHNICAL].id,
        "invitation": invitation_id,
        "token": token,
    }
    return home


def _ring_of(phone_system: PhoneSystem) -> RingGroupMember:
    """The first endpoint, ringing in a group of its own."""
    with transaction.atomic():
        group = add_group(
            phone_system=phone_system, name="Sales", extension="50", manner="in_order", at=clock.now()
        )
        return add_member(group=group, endpoint=phone_system.endpoints.earliest("position"), at=clock.now())


def _starts(home: Household, place: str) -> Customer:
    customer = home.customer.starts_trial(f"{home.customer.name} {place}")
    assert customer.subscription_id is not None
    home.ids[place] = customer.subscription_id
    return customer


def _member(customer: Customer, role: str) -> Member:
    if role == Role.OWNER:
        return Member.objects.select_related("user").get(account=customer.account, role=role)
    user = User.objects.create_user(
        f"{role}@{customer.name.lower()}.example.com", full_name=f"{customer.name}'s {role} colleague"
    )
    return Member.objects.create(account=customer.account, user=user, role=role, joined_on=customer.town.day)


def _invites(owner: Member) -> tuple[UUID, str]:
    """The id and the token of an invitation."""
    tokens: list[str] = []

    def link_of(token: str) -> str:
        tokens.append(token)
        return f"https://portal.example.com/{token}"

    email = f"friend-of-{owner.user.email}"
    invited = invite(member=owner, email=email, role=Role.VIEWER, link_of=link_of, at=clock.now())
    return invited.id, tokens[0]


def _at_the_overview(customer: Customer) -> tuple[Order, UUID]:
    """An order for two licences whose overview was shown, and the quote that stood there."""
    account_id, day, at = customer.account.id, customer.town.day, clock.now()
    order = open_upgrade(
        account_id=account_id, subscription_id=customer.subscription.id, user=customer.user, day=day, at=at
    )
    customer.fills_in(order, {"one": 2})
    shown, _quote = show_quote(account_id=account_id, order_id=order.id, day=day, at=at)
    return order, shown.id
