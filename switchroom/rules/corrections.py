"""Undoing an issued line: a new document that names the old one, never a change (rules 5.7 and 5.10).

A corrected charge takes back the credit it granted as far as it is unused; what was used of it is money that
went back before, so it is not returned again. A corrected credit use gives the credit back as a credit.
"""

from __future__ import annotations

import msgspec

from switchroom.rules.promise import Id


class IssuedCharge(msgspec.Struct, frozen=True):
    """An issued charge line in minor units, with what it granted as credit and what is left of that."""

    line_id: Id
    net_minor: int
    granted_minor: int = 0
    left_minor: int = 0


class IssuedUse(msgspec.Struct, frozen=True):
    """An issued credit line: a positive amount in minor units that reduced its document."""

    line_id: Id
    credit_id: Id
    net_minor: int


class Correction(msgspec.Struct, frozen=True):
    """What undoing lines means, in minor units.

    ``lines`` are the correcting lines (line id → net, negative for charges, positive for credit uses);
    ``taken_back_minor`` is unused credit that ends; ``given_back`` (credit id → amount) lives on as credit.
    """

    lines: dict[Id, int]
    taken_back_minor: int
    given_back: dict[Id, int]

    @property
    def net_minor(self) -> int:
        """The correcting document's net; negative is money that goes back."""
        return sum(self.lines.values())


def correct(charges: list[IssuedCharge], uses: list[IssuedUse]) -> Correction:
    """This function will decide what correcting issued lines of one document does (rule 5.10)."""
    lines: dict[Id, int] = {}
    given_back: dict[Id, int] = {}
    for charge in charges:
        went_back_before = charge.granted_minor - charge.left_minor
        lines[charge.line_id] = -(charge.net_minor - went_back_before)
    for use in uses:
        lines[use.line_id] = use.net_minor
        given_back[use.credit_id] = given_back.get(use.credit_id, 0) + use.net_minor
    return Correction(
        lines=lines,
        taken_back_minor=sum(charge.left_minor for charge in charges),
        given_back=given_back,
    )
