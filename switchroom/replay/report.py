"""The output object of a life: plain values, amounts in minor units, days as ISO text, keys as documented."""

from __future__ import annotations

from datetime import date
from typing import Any

from switchroom.replay.lives import Document, GrantedCredit, LivedLife
from switchroom.rules.credits import CreditUse
from switchroom.rules.owing import Charge


def report(lived: LivedLife) -> dict[str, Any]:
    """This function will give everything that came of a life as values that JSON can hold."""
    return {
        "documents": [_document(document, lived.credits) for document in lived.documents],
        "credits": [_credit(credit) for credit in lived.credits],
        "states": [{"from": on.isoformat(), "state": state.value} for on, state in lived.states],
        "entitlements": [
            {
                "from": on.isoformat(),
                "trunk_lines": entitled.trunk_lines,
                "endpoints": entitled.endpoints,
                "phone_numbers": entitled.phone_numbers,
            }
            for on, entitled in lived.entitlements
        ],
        "refused": [
            {"event": one.event, "rule": one.refused.rule, "sentence": str(one.refused)}
            for one in lived.refusals
        ],
        "phone_system": {
            "switched_off_on": _day_or_null(lived.switched_off_on),
            "deleted_on": _day_or_null(lived.deleted_on),
        },
    }


def _document(document: Document, credits: list[GrantedCredit]) -> dict[str, Any]:
    draft = document.draft
    return {
        "number": document.number,
        "on": document.on.isoformat(),
        "net": draft.net_minor,
        "vat": draft.tax_minor,
        "gross": draft.gross_minor,
        "lines": [
            *(_charge_line(charge) for charge in draft.charges),
            *(_credit_line(use, credits[int(use.credit_id)]) for use in draft.uses),
        ],
    }


def _charge_line(charge: Charge) -> dict[str, Any]:
    line: dict[str, Any] = {
        "licence": charge.licence,
        "kind": "charge",
        "month": str(charge.month),
        "quantity": charge.quantity,
        "unit_price": charge.unit_price_minor,
        "net": charge.net_minor,
    }
    if charge.days is not None:
        line |= {"days": charge.days, "of": charge.of}
    return line


def _credit_line(use: CreditUse, credit: GrantedCredit) -> dict[str, Any]:
    return {
        "licence": credit.grant.licence,
        "kind": "credit",
        "month": str(credit.grant.month),
        "net": -use.net_minor,
        "days": credit.grant.days,
        "of": credit.grant.of,
        "from_document": credit.from_document,
    }


def _credit(credit: GrantedCredit) -> dict[str, Any]:
    return {
        "licence": credit.grant.licence,
        "month": str(credit.grant.month),
        "granted_on": credit.grant.granted_on.isoformat(),
        "days": credit.grant.days,
        "of": credit.grant.of,
        "granted": credit.grant.net_minor,
        "used": credit.used_minor,
        "left": credit.left_minor,
        "from_document": credit.from_document,
    }


def _day_or_null(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
