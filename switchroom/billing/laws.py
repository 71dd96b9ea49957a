"""What the database itself forbids: changing or deleting what was issued, adding to it, and using more credit
than there is.

A document's lines and taxes are written before it: its own row issues it, whole, and closes it.

A credit has no way to become money: no table names a payout, and a credit's only use is a negative line of a
monthly invoice of its own account (rule 5.4).
"""

from __future__ import annotations

from switchroom.plumbing.laws import append_only, immutable, refuse, refuse_written, undeletable

LAWS = [
    *append_only("billing_invoice"),
    *append_only("billing_invoiceline"),
    *append_only("billing_invoicetax"),
    *append_only("billing_credit"),
    *immutable("billing_invoiceseries", ["year", "prefix"]),
    *undeletable("billing_invoiceseries"),
    refuse(
        name="law_billing_series_only_goes_up",
        table="billing_invoiceseries",
        event="UPDATE",
        when="NEW.last_number < OLD.last_number",
        sentence="billing_invoiceseries: numbers only go up",
    ),
    refuse_written(
        name="law_billing_credit_never_overdrawn",
        table="billing_invoiceline",
        when=(
            "NEW.kind = 'credit' AND (SELECT granted_minor FROM billing_credit WHERE id = NEW.credit_id) "
            "+ (SELECT COALESCE(SUM(net_minor), 0) FROM billing_invoiceline "
            "WHERE credit_id = NEW.credit_id AND kind = 'credit') < 0"
        ),
        sentence="billing_invoiceline: more credit than is left cannot be used",
    ),
    refuse_written(
        # In place of keys, which PostgreSQL looks at line by line even where they name nothing, as nearly all
        # do. Neither credits nor lines are ever deleted.
        name="law_billing_line_names_what_is_there",
        table="billing_invoiceline",
        when=(
            "(NEW.credit_id IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM billing_credit WHERE id = NEW.credit_id)) "
            "OR (NEW.corrects_id IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM billing_invoiceline WHERE id = NEW.corrects_id))"
        ),
        sentence="billing_invoiceline: there is no such credit, or no such line to correct",
    ),
    refuse_written(
        name="law_billing_no_line_after_issue",
        table="billing_invoiceline",
        when="EXISTS (SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id)",
        column="invoice_id",
        sentence="billing_invoiceline: an issued document takes no more lines",
    ),
    refuse_written(
        name="law_billing_no_tax_after_issue",
        table="billing_invoicetax",
        when="EXISTS (SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id)",
        column="invoice_id",
        sentence="billing_invoicetax: an issued document takes no more tax",
    ),
    refuse_written(
        name="law_billing_invoice_is_the_sum_of_its_lines",
        table="billing_invoice",
        when=(
            "NEW.net_minor <> (SELECT COALESCE(SUM(net_minor), 0) FROM billing_invoiceline "
            "WHERE invoice_id = NEW.id)"
        ),
        sentence="billing_invoice: a document is the sum of its lines",
    ),
    refuse_written(
        name="law_billing_invoice_tax_is_the_sum_of_its_rates",
        table="billing_invoice",
        when=(
            "NEW.net_minor <> (SELECT COALESCE(SUM(net_minor), 0) FROM billing_invoicetax "
            "WHERE invoice_id = NEW.id) "
            "OR NEW.tax_minor <> (SELECT COALESCE(SUM(tax_minor), 0) FROM billing_invoicetax "
            "WHERE invoice_id = NEW.id)"
        ),
        sentence="billing_invoice: net and tax are the sums over its rates",
    ),
    refuse_written(
        name="law_billing_credit_only_on_own_monthly",
        table="billing_invoice",
        # Said of all but corrections: "kind = 'credit'" would make PostgreSQL read the whole index of used
        # credits for each document, as long as its statistics know of none.
        when=(
            "EXISTS (SELECT 1 FROM billing_invoiceline l JOIN billing_credit c ON c.id = l.credit_id "
            "WHERE l.invoice_id = NEW.id AND l.kind <> 'correction' AND (NEW.kind <> 'monthly' "
            "OR c.account_id <> NEW.account_id OR c.granted_on >= NEW.month_on OR c.rate_bp <> l.rate_bp))"
        ),
        sentence="billing_invoice: credit is used at its rate, on a later monthly invoice of its account",
    ),
    refuse_written(
        name="law_billing_credit_comes_from_a_charge",
        table="billing_credit",
        when=(
            "NOT EXISTS (SELECT 1 FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id "
            "WHERE l.id = NEW.line_id AND i.account_id = NEW.account_id AND l.rate_bp = NEW.rate_bp "
            "AND l.kind <> 'credit' AND l.net_minor >= NEW.granted_minor)"
        ),
        sentence="billing_credit: a credit is a part of a line of its own account, at its rate",
    ),
]
