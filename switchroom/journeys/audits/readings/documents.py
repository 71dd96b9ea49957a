"""What the documents of a span of accounts say, and what their lines and taxes come to.

Most say what many others say: alike ones come once, and which they are is asked when something is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from switchroom.journeys.audits.readings.accounts import Edges
from switchroom.plumbing.bulk import read_rows

AT_RATES = """
    SELECT id, reference, net_minor, tax_minor, gross_minor, rate_bp,
           CAST(SUM(line_minor) AS bigint) AS rate_lines_minor,
           CAST(SUM(taxed_minor) AS bigint) AS rate_net_minor,
           CAST(SUM(taxes_minor) AS bigint) AS rate_tax_minor
    FROM (
        SELECT v.id, v.reference, v.net_minor, v.tax_minor, v.gross_minor,
               l.rate_bp, l.net_minor AS line_minor, NULL AS taxed_minor, NULL AS taxes_minor
        FROM billing_invoice v LEFT JOIN billing_invoiceline l ON l.invoice_id = v.id
        WHERE v.account_id BETWEEN %s AND %s
        UNION ALL
        SELECT v.id, v.reference, v.net_minor, v.tax_minor, v.gross_minor,
               t.rate_bp, NULL, t.net_minor, t.tax_minor
        FROM billing_invoice v JOIN billing_invoicetax t ON t.invoice_id = v.id
        WHERE v.account_id BETWEEN %s AND %s
    ) AS parts
    GROUP BY id, reference, net_minor, tax_minor, gross_minor, rate_bp
"""
FIGURES = f"""
    SELECT DISTINCT {{reference}} AS reference, net_minor, tax_minor, gross_minor,
           CAST(COALESCE(SUM(rate_lines_minor) OVER own, 0) AS bigint),
           CAST(COALESCE(SUM(rate_tax_minor) OVER own, 0) AS bigint),
           rate_bp, rate_lines_minor, rate_net_minor, rate_tax_minor
    FROM ({AT_RATES}) AS rates
    WINDOW own AS (PARTITION BY id)
"""  # noqa: S608  # no value is written into a statement
ALIKE = FIGURES.format(reference="''")
ONE_BY_ONE = FIGURES.format(reference="rates.reference")


class Said(NamedTuple):
    """What documents say of themselves, and what their lines and taxes come to, in minor units."""

    net_minor: int
    tax_minor: int
    gross_minor: int
    lines_minor: int
    taxes_minor: int


class Taxed(NamedTuple):
    """What documents have at one VAT rate, in minor units: their lines, and the net and tax of the tax line;
    none where there is no such line.
    """

    rate_bp: int
    lines_minor: int | None
    net_minor: int | None
    tax_minor: int | None


Figures = Said | Taxed


class Documents:
    """The documents of a span of accounts: all that they say, each thing once."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self.said: set[Said] = set()
        self.taxed: set[Taxed] = set()
        for _, said, taxed in self._figures(ALIKE):
            self.said.add(said)
            if taxed is not None:
                self.taxed.add(taxed)

    def that_say(self, figures: Collection[Figures]) -> list[str]:
        """This function will name the documents that say any of these; none for none."""
        return sorted({name for figure in figures for name in self._names[figure]})

    @cached_property
    def _names(self) -> dict[Figures, list[str]]:
        names: dict[Figures, list[str]] = defaultdict(list)
        for reference, said, taxed in self._figures(ONE_BY_ONE):
            for figure in (said, taxed):
                if figure is not None:
                    names[figure].append(f"invoice {reference}")
        return names

    def _figures(self, statement: str) -> Iterable[tuple[str, Said, Taxed | None]]:
        for row in read_rows(statement, self._edges * 2):
            yield row[0], Said._make(row[1:6]), Taxed._make(row[6:]) if row[6] is not None else None
