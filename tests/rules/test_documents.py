"""A document before it is issued (rules 5.2, 5.3 and 5.8)."""

from __future__ import annotations

from fractions import Fraction

from switchroom.rules.credits import Credit
from switchroom.rules.documents import after_uses, credits_granted, monthly_document, order_document
from switchroom.rules.owing import charge_for
from switchroom.rules.periods import Month
from switchroom.rules.promise import FirstMonth
from switchroom.rules.vat import TaxLine
from tests.rules.examples import NINETEEN, day, item, nineteen_percent

JUNE, JULY = Month(2026, 6), Month(2026, 7)
CREDIT = Credit(100, day("2026-06-16"), 3000, NINETEEN)


def test_an_order_is_charged_whole_and_uses_no_credit() -> None:
    draft = order_document([charge_for(item(4, on="2026-06-16"), JUNE)], nineteen_percent)
    assert (draft.net_minor, draft.tax_minor, draft.gross_minor) == (6000, 1140, 7140)
    assert draft.uses == ()


def test_the_worked_example_210_less_30_is_180() -> None:
    charges = [charge_for(item(10), JULY), charge_for(item(4, number=2, on="2026-06-16"), JULY)]
    draft = monthly_document(charges, [CREDIT], JULY, nineteen_percent)
    assert draft is not None
    assert (draft.charged_minor, draft.used_minor, draft.net_minor) == (21000, 3000, 18000)
    assert (draft.tax_minor, draft.gross_minor) == (3420, 21420)


def test_a_month_in_which_nothing_is_charged_has_no_document() -> None:
    assert monthly_document([], [CREDIT], JULY, nineteen_percent) is None
    assert monthly_document([charge_for(item(10), JUNE)], [CREDIT], JULY, nineteen_percent) is None


def test_a_document_that_comes_to_zero_is_a_document() -> None:
    draft = monthly_document([charge_for(item(2), JULY)], [CREDIT], JULY, nineteen_percent)
    assert draft is not None
    assert (draft.net_minor, draft.tax_minor, draft.gross_minor) == (0, 0, 0)


def test_charges_of_other_months_wait_for_their_own() -> None:
    charges = [charge_for(item(10), JUNE), charge_for(item(10), JULY)]
    draft = monthly_document(charges, [], JULY, nineteen_percent)
    assert draft is not None
    assert [charge.month for charge in draft.charges] == [JULY]


def test_a_credit_is_taxed_at_its_own_rate() -> None:
    sixteen = Fraction(16, 100)
    old = Credit(100, day("2020-12-16"), 3000, sixteen)
    draft = monthly_document([charge_for(item(10), JULY)], [old], JULY, nineteen_percent)
    assert draft is not None
    assert draft.taxes == (TaxLine(NINETEEN, 15000, 2850), TaxLine(sixteen, -3000, -480))
    assert draft.gross_minor == 15000 + 2850 - 3000 - 480


def test_credits_come_with_new_items_unless_zero_or_charged_directly() -> None:
    items = [
        item(4, on="2026-06-16"),
        item(4, number=2, on="2026-06-01"),
        item(4, number=3, on="2026-06-16", first_month=FirstMonth.DIRECT),
    ]
    assert [(grant.item_id, grant.net_minor) for grant in credits_granted(items)] == [(1, 3000)]


def test_what_was_used_is_gone() -> None:
    draft = monthly_document([charge_for(item(1), JULY)], [CREDIT], JULY, nineteen_percent)
    assert draft is not None
    other = Credit(101, day("2026-06-20"), 50, NINETEEN)
    assert [credit.left_minor for credit in after_uses([CREDIT, other], draft.uses)] == [1500, 50]
