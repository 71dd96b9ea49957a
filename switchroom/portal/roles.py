"""The roles in words: what each is for, and what its members may do, read from the one table of rights."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from switchroom.accounts.models import Role
from switchroom.accounts.policy import CAPABILITIES, Capability


@dataclass(frozen=True, kw_only=True)
class RoleInWords:
    """A role as the reader reads it; ``may`` and ``may_not`` are what follows "may"."""

    value: str
    name: str
    purpose: str
    may: list[str]
    may_not: list[str]


def roles_in_words() -> list[RoleInWords]:
    """This function will explain every role, the one that may do most first."""
    return [role_in_words(role) for role in Role.values]


def role_in_words(role: str) -> RoleInWords:
    """This function will explain one role."""
    abilities = _abilities()
    return RoleInWords(
        value=role,
        name=str(Role(role).label),
        purpose=_purposes()[role],
        may=[words for capability, words in abilities.items() if capability in CAPABILITIES[role]],
        may_not=[words for capability, words in abilities.items() if capability not in CAPABILITIES[role]],
    )


def _purposes() -> dict[str, str]:
    return {
        Role.OWNER: _("May do everything, and decides who belongs to the account."),
        Role.BILLING: _("Buys, cancels and pays; does not touch the telephones."),
        Role.TECHNICAL: _("Sets up telephones and numbers; sees no prices paid and no invoices."),
        Role.VIEWER: _("Looks on and changes nothing."),
    }


def _abilities() -> dict[Capability, str]:
    return {
        Capability.SEE_SUBSCRIPTIONS: _("see subscriptions and their history"),
        Capability.ORDER: _("start trials, order, reduce and cancel"),
        Capability.SEE_BILLING: _("see invoices, credits and the billing address"),
        Capability.MANAGE_BILLING: _("change the billing address"),
        Capability.SEE_PHONES: _("see endpoints and phone numbers"),
        Capability.MANAGE_PHONES: _("set up endpoints and numbers, restore a backup"),
        Capability.BACK_UP: _("download a backup"),
        Capability.SEE_MEMBERS: _("see who else belongs to the account"),
        Capability.MANAGE_MEMBERS: _("invite, change and remove members"),
    }
