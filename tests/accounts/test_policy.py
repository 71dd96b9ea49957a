"""Roles and what they include, in full: a change of the table shows here."""

from __future__ import annotations

import pytest

from switchroom.accounts.models import Member, Role
from switchroom.accounts.policy import CAPABILITIES, Capability, NotAllowed, can, require

C = Capability
INCLUDED = {
    Role.OWNER: set(Capability),
    Role.BILLING: {C.SEE_SUBSCRIPTIONS, C.ORDER, C.SEE_BILLING, C.MANAGE_BILLING, C.BACK_UP, C.SEE_MEMBERS},
    Role.TECHNICAL: {C.SEE_SUBSCRIPTIONS, C.SEE_PHONES, C.MANAGE_PHONES, C.BACK_UP, C.SEE_MEMBERS},
    Role.VIEWER: {C.SEE_SUBSCRIPTIONS, C.SEE_PHONES},
}


def test_every_role_has_its_row() -> None:
    assert set(CAPABILITIES) == set(Role.values)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("capability", Capability)
def test_a_role_includes_just_what_the_table_says(role: Role, capability: Capability) -> None:
    member = Member(role=role.value)
    if capability in INCLUDED[role]:
        assert can(member, capability)
        require(member, capability)
    else:
        assert not can(member, capability)
        with pytest.raises(NotAllowed, match="ask an owner") as refusal:
            require(member, capability)
        assert refusal.value.capability is capability


def test_whoever_may_cancel_may_also_back_up() -> None:
    for role, capabilities in CAPABILITIES.items():
        assert Capability.ORDER not in capabilities or Capability.BACK_UP in capabilities, role
