"""``switchroom forecast``: what a month will bill, beside what the month before billed. Writes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from switchroom.jobs.arguments import month_of
from switchroom.journeys import forecast as journeys
from switchroom.journeys.forecast import Forecast
from switchroom.plumbing import clock
from switchroom.rules.money import decimal_text
from switchroom.rules.periods import Month


def main(argv: Sequence[str]) -> int:
    """This function will print the forecast of a month and return 0, or 1 when accounts would be parked."""
    parser = argparse.ArgumentParser(
        prog="switchroom forecast",
        description="Say what the 1st of a month will bill, as the facts stand now. Changes nothing.",
    )
    parser.add_argument(
        "--month", metavar="YYYY-MM", type=month_of, help="such as 2026-12; the next one when left out"
    )
    asked = parser.parse_args(argv)
    return report(asked.month or Month.of(clock.today()).plus(1))


def report(month: Month, *, everybody: bool = False) -> int:
    """This function will print what a month will bill; see ``main``. ``everybody`` looks at every paying
    account.
    """
    foreseen = journeys.forecast(month, day=clock.today(), everybody=everybody)
    print("\n".join(_lines(foreseen)))
    return 1 if foreseen.parked else 0


def _lines(foreseen: Forecast) -> list[str]:
    lines = [
        f"{foreseen.month}: {foreseen.invoices:,} invoices for {foreseen.accounts:,} accounts",
        f"  net {decimal_text(foreseen.net_minor)}, tax {decimal_text(foreseen.tax_minor)}",
        f"  gross {decimal_text(foreseen.gross_minor)}; credits used {decimal_text(foreseen.used_minor)}",
    ]
    if foreseen.earlier_invoices:
        lines.append(
            f"  before that, earlier months bill {foreseen.earlier_invoices:,} invoices, "
            f"net {decimal_text(foreseen.earlier_net_minor)}"
        )
    lines += [
        "",
        f"{'':<40}{foreseen.month.plus(-1)!s:>16}{foreseen.month!s:>16}{'difference':>16}",
    ]
    for piece in sorted({*foreseen.before_minor, *foreseen.now_minor}):
        before, now = foreseen.before_minor[piece], foreseen.now_minor[piece]
        lines.append(f"{' '.join(piece).strip():<40}{_amounts(before, now)}")
    if foreseen.changes:
        names = journeys.names_of([change.account_id for change in foreseen.changes])
        lines += ["", "Largest changes"]
        for change in foreseen.changes:
            amounts = _amounts(change.before_minor, change.now_minor)
            lines.append(f"{names[change.account_id]:<40.40}{amounts}  {change.reason}")
    if foreseen.parked:
        names = journeys.names_of(sorted(foreseen.parked))
        lines += ["", "Would be parked"]
        lines += [f"{names[account]}: {why}" for account, why in sorted(foreseen.parked.items())]
    return lines


def _amounts(before: int, now: int) -> str:
    return f"{decimal_text(before):>16}{decimal_text(now):>16}{decimal_text(now - before):>16}"
