"""What a month will bill, account by account with the functions that bill it, and without writing a row.

Beside the totals stands what the month before billed, by product and licence, and the accounts whose invoice
changes most, each with the reason that its lines give.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from switchroom.billing.issuing import Document
from switchroom.journeys import billing_run
from switchroom.journeys.bill import Decisions
from switchroom.plumbing.bulk import at_one_instant, look_up_by_keys, read_rows
from switchroom.rules.money import decimal_text
from switchroom.rules.periods import Month
from switchroom.subscriptions.spans import Span, accounts_in, plan_spans

MOST_CHANGES = 20
CREDITS = "credits used"

BILLED_BEFORE = """
    SELECT v.account_id, p.key, c.key, l.kind, SUM(l.quantity), SUM(l.net_minor)
    FROM billing_invoice v
    JOIN billing_invoiceline l ON l.invoice_id = v.id
    JOIN subscriptions_item i ON i.id = l.item_id
    JOIN catalog_licence c ON c.id = i.licence_id
    JOIN catalog_productversion w ON w.id = c.version_id
    JOIN catalog_product p ON p.id = w.product_id
    WHERE v.kind = 'monthly' AND v.month_on = %s AND v.account_id BETWEEN %s AND %s
    GROUP BY v.account_id, p.key, c.key, l.kind
"""
NAMES = "SELECT id, number, name FROM accounts_account WHERE id IN ({places})"

Piece = tuple[str, str]
"""Product and licence, or ``("", CREDITS)``."""
Pieces = defaultdict[str, "dict[Piece, Piecework]"]
"""By account."""


class Piecework(msgspec.Struct):
    """What one piece comes to on an account's invoices: quantity and net in minor units."""

    quantity: int = 0
    net_minor: int = 0


class Change(msgspec.Struct, frozen=True, order=True):
    """How an account's invoices of the month differ from the one before, in minor units, and why."""

    size_minor: int
    account_id: str
    before_minor: int
    now_minor: int
    reason: str


class Forecast(msgspec.Struct, kw_only=True):
    """What a month will bill. Amounts are minor units; ``before_minor`` is what the month before billed.

    A month that has begun is billed together with whatever of earlier months was missed. In one that has not,
    earlier months will have been billed by their own runs: they are counted apart (``earlier``).
    """

    month: Month
    has_begun: bool
    accounts: int = 0
    invoices: int = 0
    net_minor: int = 0
    tax_minor: int = 0
    used_minor: int = 0
    earlier_invoices: int = 0
    earlier_net_minor: int = 0
    now_minor: Counter[Piece] = msgspec.field(default_factory=Counter)
    before_minor: Counter[Piece] = msgspec.field(default_factory=Counter)
    parked: dict[str, str] = {}
    changes: list[Change] = []

    @property
    def gross_minor(self) -> int:
        """What is to be paid in all."""
        return self.net_minor + self.tax_minor


def forecast(month: Month, *, day: date, everybody: bool = False) -> Forecast:
    """This function will work out what the run of a month bills, as the facts stand on ``day``, writing
    nothing.

    ``everybody`` has every paying account looked at, not only those with something due.
    """
    foreseen = Forecast(month=month, has_begun=month.first_on <= day)
    size = billing_run.CHUNK_ACCOUNTS
    for span in plan_spans(due_on=month.first_on, everybody=everybody, size=size):
        with at_one_instant():
            _add(foreseen, span, everybody=everybody)
    foreseen.changes.sort(reverse=True)
    return foreseen


def names_of(accounts: list[str]) -> dict[str, str]:
    """This function will give account id → number and name."""
    if not accounts:
        return {}
    statement = NAMES.format(places=", ".join(["%s"] * len(accounts)))
    return {id_: f"{number} {name}" for id_, number, name in read_rows(statement, accounts)}


def _add(foreseen: Forecast, span: Span, *, everybody: bool) -> None:
    look_up_by_keys()
    month, ids = foreseen.month, (span.first, span.last)
    accounts = accounts_in(ids, due_on=month.first_on, everybody=everybody)
    decisions = Decisions(ids, accounts, month=month)
    documents = list(decisions.documents())
    foreseen.accounts += len(accounts)
    foreseen.parked |= decisions.parked
    own = [one for one in documents if foreseen.has_begun or one.month == month]
    earlier = [one for one in documents if not foreseen.has_begun and one.month < month]
    _sum_up(foreseen, own, earlier)
    products = {one.id: one.product for facts in decisions.facts.values() for one in facts}
    before = _billed_before(month.plus(-1), ids)
    _count_all(before, [one for one in earlier if one.month == month.plus(-1)], products)
    now: Pieces = defaultdict(dict)
    _count_all(now, own, products)
    months = Counter(str(document.account_id) for document in own)
    for account in accounts:
        if account not in decisions.parked:
            _compare(foreseen, account, before.get(account, {}), now.get(account, {}), months[account])


def _sum_up(foreseen: Forecast, own: Sequence[Document], earlier: Sequence[Document]) -> None:
    for document in own:
        foreseen.invoices += 1
        foreseen.net_minor += document.draft.net_minor
        foreseen.tax_minor += document.draft.tax_minor
        foreseen.used_minor += document.draft.used_minor
    foreseen.earlier_invoices += len(earlier)
    foreseen.earlier_net_minor += sum(document.draft.net_minor for document in earlier)


def _billed_before(month: Month, ids: tuple[str, str]) -> Pieces:
    pieces: Pieces = defaultdict(dict)
    for account, product, licence, kind, quantity, net_minor in read_rows(
        BILLED_BEFORE, [month.first_on, *ids]
    ):
        _count(pieces[account], (product, licence), kind == "credit", quantity, net_minor)
    return pieces


def _count_all(pieces: Pieces, documents: Iterable[Document], products: Mapping[Any, str]) -> None:
    for document in documents:
        of_account = pieces[str(document.account_id)]
        for piece, quantity, net_minor in _charged(document, products):
            _count(of_account, piece, False, quantity, net_minor)
        if document.draft.uses:
            _count(of_account, ("", CREDITS), True, 0, -document.draft.used_minor)


def _charged(document: Document, products: Mapping[Any, str]) -> Iterator[tuple[Piece, int, int]]:
    for charge in document.draft.charges:
        product = products[document.subscription_of_item[charge.item_id]]
        yield (product, charge.licence), charge.quantity, charge.net_minor


def _count(
    pieces: dict[Piece, Piecework], piece: Piece, is_credit: bool, quantity: int, net_minor: int
) -> None:
    counted = pieces.setdefault(("", CREDITS) if is_credit else piece, Piecework())
    counted.quantity += 0 if is_credit else int(quantity)
    counted.net_minor += int(net_minor)


def _compare(
    foreseen: Forecast,
    account: str,
    before: dict[Piece, Piecework],
    now: dict[Piece, Piecework],
    months: int,
) -> None:
    for piece, counted in before.items():
        foreseen.before_minor[piece] += counted.net_minor
    for piece, counted in now.items():
        foreseen.now_minor[piece] += counted.net_minor
    before_minor = sum(counted.net_minor for counted in before.values())
    now_minor = sum(counted.net_minor for counted in now.values())
    if before_minor != now_minor:
        size = abs(now_minor - before_minor)
        change = Change(size, account, before_minor, now_minor, _reason(before, now, months))
        if len(foreseen.changes) < MOST_CHANGES:
            heapq.heappush(foreseen.changes, change)
        else:
            heapq.heappushpop(foreseen.changes, change)


def _reason(before: dict[Piece, Piecework], now: dict[Piece, Piecework], months: int) -> str:
    """What differs between the lines of two months, in words; ``months`` are billed now."""
    if months > 1:
        return f"{months} months at once"
    if not before:
        return "first monthly invoice"
    if not now:
        return "nothing is owed any more"
    none = Piecework()
    reasons = []
    for piece in sorted({*before, *now}):
        old, new = before.get(piece, none), now.get(piece, none)
        more, minor = new.quantity - old.quantity, new.net_minor - old.net_minor
        if piece == ("", CREDITS):
            reasons += [
                f"{decimal_text(-new.net_minor)} of credits, before {decimal_text(-old.net_minor)}"
            ] * (minor != 0)
        elif more:
            reasons.append(f"{more:+d} {piece[1]}")
        elif minor:
            reasons.append(f"{piece[1]} {decimal_text(minor)}")
    return ", ".join(reasons)
