"""Every address of the portal, as its resolver knows them, filled in with what belongs to one customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, get_resolver, reverse

from switchroom.orders.wizard import Step
from tests.doors.household import Household

PARTS = {
    "subscription_id": "office",
    "order_id": "draft",
    "record_id": "record",
    "invoice_id": "invoice",
    "backup_id": "backup",
    "endpoint_id": "endpoint",
    "number_id": "number",
    "port_in_id": "port_in",
    "group_id": "ring group",
    "ring_id": "ring",
    "member_id": "member",
    "invitation_id": "invitation",
    "ticket": "token",
    "token": "token",
}
"""What stands in an address, unless ``INSTEAD`` says otherwise. The member named is the technical one."""

INSTEAD = {
    "order_confirmation": "bought",
    "order_in_force": "bought",
    "follow_up": "annexe",
    "withdraw_cancellation": "annexe",
    "cancellation_confirmation": "annexe",
}


@dataclass(frozen=True)
class Address:
    """An address with its name; the steps of the wizard are addresses of their own. ``is_somebodys`` says
    whether it names something that belongs to an account.
    """

    label: str
    url: str
    is_somebodys: bool


def addresses(home: Household) -> Iterator[Address]:
    """Every address that the resolver knows, filled in with what belongs to a household."""
    for pattern in get_resolver("switchroom.portal.urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        assert pattern.name, pattern
        parts = [part for part in pattern.pattern.converters if part != "step"]
        named = {part: home.ids[INSTEAD.get(pattern.name, PARTS[part])] for part in parts}
        for step in Step if pattern.name == "order_step" else [None]:
            which = named if step is None else {**named, "step": step.value}
            label = pattern.name if step is None else f"{pattern.name} {step.value}"
            url = reverse(f"portal:{pattern.name}", kwargs=which)
            yield Address(label, url, bool(named) or label == "choose_account")
