"""What the database itself forbids: changing or deleting what was issued, and using more credit than there
is.

A credit has no way to become money: no table names a payout, and a credit's only use is a negative line of a
monthly invoice of its own account (rule 5.4).
"""

from __future__ import annotations

from switchroom.plumbing.laws import append_only, immutable, refuse, undeletable

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
    refuse(
        name="law_billing_credit_never_overdrawn",
        table="billing_invoiceline",
        event="INSERT",
        when=(
            "NEW.kind = 'credit' AND (SELECT granted_minor FROM billing_credit WHERE id = NEW.credit_id) "
            "+ (SELECT COALESCE(SUM(net_minor), 0) FROM billing_invoiceline WHERE credit_id = NEW.credit_id) "
            "+ NEW.net_minor < 0"
        ),
        sentence="billing_invoiceline: more credit than is left cannot be used",
    ),
    refuse(
        name="law_billing_credit_only_on_own_monthly",
        table="billing_invoiceline",
        event="INSERT",
        when=(
            "NEW.kind = 'credit' AND NOT EXISTS (SELECT 1 FROM billing_invoice i JOIN billing_credit c "
            "ON c.account_id = i.account_id WHERE i.id = NEW.invoice_id AND c.id = NEW.credit_id "
            "AND i.kind = 'monthly' AND c.granted_on < i.month_on AND c.rate_bp = NEW.rate_bp)"
        ),
        sentence="billing_invoiceline: credit is used at its rate, on a later monthly invoice of its account",
    ),
    refuse(
        name="law_billing_credit_comes_from_a_charge",
        table="billing_credit",
        event="INSERT",
        when=(
            "NOT EXISTS (SELECT 1 FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id "
            "WHERE l.id = NEW.line_id AND i.account_id = NEW.account_id AND l.rate_bp = NEW.rate_bp "
            "AND l.kind <> 'credit' AND l.net_minor >= NEW.granted_minor)"
        ),
        sentence="billing_credit: a credit is a part of a line of its own account, at its rate",
    ),
]
