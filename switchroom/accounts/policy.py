"""What each role may do. One table, read by every door; an API key's scopes are the same words.

An owner may do everything. Billing buys, cancels and pays. Technical sets up phones. A viewer looks on.
"""

from __future__ import annotations

from enum import StrEnum

from switchroom.accounts.models import Member, Role
from switchroom.rules.refusals import Refused, gettext_noop


class Capability(StrEnum):
    """One thing that a member may or may not do in an account."""

    SEE_SUBSCRIPTIONS = "see_subscriptions"
    """Look at subscriptions: state, term, entitlements and history."""
    ORDER = "order"
    """Start a trial, buy in the store, reduce, cancel, withdraw: whatever changes what the account owes."""
    SEE_BILLING = "see_billing"
    """Look at invoices, credits, the billing address and how the account pays."""
    MANAGE_BILLING = "manage_billing"
    """Change the billing address and how the account pays."""
    SEE_PHONES = "see_phones"
    """Look at phone systems: endpoints, phone numbers, what is in use."""
    MANAGE_PHONES = "manage_phones"
    """Set up, order and remove endpoints and phone numbers; restore a backup."""
    BACK_UP = "back_up"
    """Make and download a backup. Whoever may cancel may do this, for the deletion is for ever (rule 7.1)."""
    SEE_MEMBERS = "see_members"
    """See who else belongs to the account, and whom to ask."""
    MANAGE_MEMBERS = "manage_members"
    """Invite colleagues, change their roles and remove them."""


CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.OWNER: frozenset(Capability),
    Role.BILLING: frozenset(
        {
            Capability.SEE_SUBSCRIPTIONS,
            Capability.ORDER,
            Capability.SEE_BILLING,
            Capability.MANAGE_BILLING,
            Capability.BACK_UP,
            Capability.SEE_MEMBERS,
        }
    ),
    Role.TECHNICAL: frozenset(
        {
            Capability.SEE_SUBSCRIPTIONS,
            Capability.SEE_PHONES,
            Capability.MANAGE_PHONES,
            Capability.BACK_UP,
            Capability.SEE_MEMBERS,
        }
    ),
    Role.VIEWER: frozenset({Capability.SEE_SUBSCRIPTIONS, Capability.SEE_PHONES}),
}


class NotAllowed(Refused):
    """A member wishes for something that the role does not include."""

    def __init__(self, capability: Capability) -> None:
        super().__init__(
            "1", gettext_noop("Your role in this account does not include this. Please ask an owner.")
        )
        self.capability = capability


def can(member: Member, capability: Capability) -> bool:
    """This function will say whether a member's role includes a capability."""
    return capability in CAPABILITIES[member.role]


def require(member: Member, capability: Capability) -> None:
    """This function will raise NotAllowed unless the member's role includes the capability."""
    if not can(member, capability):
        raise NotAllowed(capability)
