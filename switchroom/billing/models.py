"""The customer's side of the promise: invoices, their lines, and credits.

An issued document never changes; a credit is granted once and only ever used as a negative line of a monthly
invoice. There is no payment, payout or transfer of a credit: no table has a place for one, and the laws in
``billing/laws.py`` hold on the database itself.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from switchroom.accounts.models import Account
from switchroom.plumbing.ids import new_id
from switchroom.subscriptions.models import Item, Subscription


class InvoiceSeries(models.Model):
    """The gapless numbers of one year. Its row is locked last, in the issuing transaction (rule 5.7)."""

    year = models.PositiveIntegerField(primary_key=True)
    prefix = models.CharField(max_length=8, help_text="Numbers read PREFIX-YEAR-000001.")
    last_number = models.PositiveIntegerField(default=0, help_text="The last number given.")

    class Meta:
        verbose_name_plural = "invoice series"

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class InvoiceKind(models.TextChoices):
    """What a document bills."""

    ORDER = "order"
    """The lines of one order, at once."""
    MONTHLY = "monthly"
    """One billing month of an account, in advance."""
    CORRECTION = "correction"
    """Negates lines of an earlier document, which it names."""


class Invoice(models.Model):
    """An issued document. Immutable: the database refuses every update and delete."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=InvoiceKind.choices)
    series = models.ForeignKey(InvoiceSeries, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(help_text="Number within the series, without gaps.")
    reference = models.CharField(max_length=24, help_text="The number as printed: PREFIX-YEAR-000001.")
    issued_on = models.DateField(help_text="Local day of the real issue.")
    issued_at = models.DateTimeField(help_text="Instant of the real issue (UTC).")
    due_on = models.DateField(help_text="Last day on which it is to be paid.")
    month_on = models.DateField(
        help_text="First day of the billing month; an order's is the month of its purchase."
    )
    order_id = models.UUIDField(null=True, blank=True, help_text="The order that it bills, if any.")
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", db_index=False
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    net_minor = models.BigIntegerField(help_text="Sum of the lines, minor units.")
    tax_minor = models.BigIntegerField(help_text="Sum of the tax lines, minor units.")
    gross_minor = models.BigIntegerField(help_text="Net and tax, minor units.")
    addressee = models.JSONField(help_text="Name, address and VAT id of the account as they were at issue.")

    class Meta:
        ordering = ("-issued_at", "-number")
        # Thousands are written at once, so every index must earn its place: no key has one of its own that
        # another index serves, and what most rows lack is left out of the index.
        indexes = (
            models.Index(fields=["account", "issued_on"], name="invoice_account_day"),
            models.Index(
                fields=["corrects"], name="invoice_corrections", condition=Q(corrects__isnull=False)
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["reference"], name="invoice_reference_once"),
            models.UniqueConstraint(
                fields=["order_id"], name="invoice_order_once", condition=Q(order_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["account", "month_on"],
                condition=Q(kind=InvoiceKind.MONTHLY),
                name="invoice_month_once",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="invoice_gross_is_net_and_tax"
            ),
            models.CheckConstraint(condition=Q(kind__in=InvoiceKind.values), name="invoice_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=InvoiceKind.CORRECTION, corrects__isnull=False)
                | (
                    ~Q(kind=InvoiceKind.CORRECTION)
                    & Q(corrects__isnull=True, net_minor__gte=0, gross_minor__gte=0)
                ),
                name="invoice_only_corrections_are_negative",
            ),
        )

    def __str__(self) -> str:
        return self.reference


class InvoiceTax(models.Model):
    """The tax of one document at one rate, rounded once. Immutable like its document."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes", db_index=False)
    rate_bp = models.PositiveIntegerField(help_text="VAT rate in hundredths of a percent: 1900 is 19 %.")
    net_minor = models.BigIntegerField(help_text="Net of the lines at this rate, minor units.")
    tax_minor = models.BigIntegerField(help_text="Tax on it, minor units.")

    class Meta:
        ordering = ("-rate_bp",)
        constraints = (models.UniqueConstraint(fields=["invoice", "rate_bp"], name="invoice_tax_rate_once"),)

    def __str__(self) -> str:
        return f"{self.rate_bp / 100:g} %"


class LineKind(models.TextChoices):
    """What an invoice line is."""

    CHARGE = "charge"
    """An item in a month."""
    CREDIT = "credit"
    """A use of a credit: negative."""
    CORRECTION = "correction"
    """The negation of an earlier line."""


class InvoiceLine(models.Model):
    """One line of a document. A line of kind ``credit`` *is* the use of that credit. Immutable."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(help_text="Order on the document, from 1.")
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="That of the item, whose key the database checks; the audit holds the two together.",
    )
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    month_on = models.DateField(
        help_text="First day of the service month; a credit's is the month it came from."
    )
    quantity = models.PositiveIntegerField(help_text="Quantity of the item.")
    unit_price_minor = models.BigIntegerField(help_text="Net price of one a month, minor units.")
    days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days counted, when not the whole month."
    )
    of_days = models.PositiveIntegerField(null=True, blank=True, help_text="Days of that month.")
    net_minor = models.BigIntegerField(help_text="Net amount, minor units; negative for credits.")
    rate_bp = models.PositiveIntegerField(help_text="VAT rate in hundredths of a percent.")
    credit = models.ForeignKey(
        "Credit",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uses",
        db_index=False,
        db_constraint=False,
        help_text="The credit that is used; a law looks for it.",
    )
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        db_index=False,
        db_constraint=False,
        help_text="The line that is corrected; a law looks for it.",
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),
            models.UniqueConstraint(
                fields=["item", "month_on"], condition=Q(kind=LineKind.CHARGE), name="line_item_month_once"
            ),
            models.UniqueConstraint(
                fields=["credit", "invoice"],
                condition=Q(kind=LineKind.CREDIT),
                name="line_credit_invoice_once",
            ),
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="line_corrected_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="line_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    kind=LineKind.CHARGE, net_minor__gte=0, credit__isnull=True, corrects__isnull=True
                )
                | Q(kind=LineKind.CREDIT, net_minor__lt=0, credit__isnull=False, corrects__isnull=True)
                | Q(kind=LineKind.CORRECTION, corrects__isnull=False),
                name="line_kind_fits_amount",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.net_minor}"


class Credit(models.Model):
    """A credit for the part of a month that had passed (rule 5.2). Granted once, by a charge line; never
    changes.

    What is left is the grant less its uses; the database refuses a use beyond it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    line = models.OneToOneField(
        InvoiceLine, models.PROTECT, related_name="credit_granted", help_text="The charge that it comes with."
    )
    granted_on = models.DateField(help_text="Day of the purchase; used from the next month on.")
    days = models.PositiveIntegerField(help_text="Days of the month that had passed.")
    of_days = models.PositiveIntegerField(help_text="Days of that month.")
    granted_minor = models.BigIntegerField(help_text="Net amount granted, minor units.")
    rate_bp = models.PositiveIntegerField(
        help_text="VAT rate at which it was charged, hundredths of a percent."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    sequence = models.PositiveIntegerField(help_text="Order within the account: oldest first, rule 5.3.")

    class Meta:
        ordering = ("granted_on", "sequence")
        constraints = (
            models.UniqueConstraint(fields=["account", "sequence"], name="credit_sequence_once"),
            models.CheckConstraint(condition=Q(granted_minor__gt=0), name="credit_positive"),
            models.CheckConstraint(
                condition=Q(days__gte=1) & Q(days__lt=F("of_days")), name="credit_days_within_month"
            ),
        )

    def __str__(self) -> str:
        return f"credit of {self.granted_on}"


class BillingRun(models.Model):
    """One run over all accounts for a month: what is done, by whom, and what is left (its open chunks).

    A run that was interrupted is resumed by the next one for its month; a second open one cannot exist.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    month_on = models.DateField(help_text="First day of the month that is billed.")
    looks_at_all = models.BooleanField(
        help_text="Whether every paying account is looked at, not only those with something due."
    )
    started_at = models.DateTimeField(help_text="Instant of the start (UTC, the installation's clock).")
    started_by = models.CharField(max_length=200, help_text="Host and process that planned it.")
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last chunk was done; none while any is open."
    )

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["month_on"], condition=Q(finished_at__isnull=True), name="billing_run_one_open"
            ),
            models.CheckConstraint(condition=Q(month_on__day=1), name="billing_run_month_begins"),
        )

    def __str__(self) -> str:
        return f"{self.month_on:%Y-%m}"


class BillingChunk(models.Model):
    """A span of accounts of one run, billed in one transaction that also notes here that it is done."""

    run = models.ForeignKey(BillingRun, models.CASCADE, related_name="chunks")
    first_account_id = models.UUIDField(help_text="The first account of the span.")
    last_account_id = models.UUIDField(help_text="The last account of the span, included.")
    accounts = models.PositiveIntegerField(help_text="How many accounts it was planned with.")
    done_at = models.DateTimeField(null=True, blank=True, help_text="When it was done; none while open.")
    done_by = models.CharField(max_length=200, blank=True, help_text="Host and process that did it.")
    invoices = models.PositiveIntegerField(default=0, help_text="Documents issued.")
    net_minor = models.BigIntegerField(default=0, help_text="Their net, minor units.")
    parked = models.PositiveIntegerField(default=0, help_text="Accounts that were left alone.")

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["run", "id"], condition=Q(done_at__isnull=True), name="billing_chunk_open"),
        )
        constraints = (
            models.UniqueConstraint(fields=["run", "first_account_id"], name="billing_chunk_span_once"),
            models.CheckConstraint(
                condition=Q(last_account_id__gte=F("first_account_id")), name="billing_chunk_span_forward"
            ),
        )

    def __str__(self) -> str:
        return f"chunk {self.pk} of {self.run_id}"


class ParkedAccount(models.Model):
    """An account that the latest run for it could not bill, with the reason; no row once it was billed."""

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, related_name="+")
    month_on = models.DateField(help_text="First day of the month that was to be billed.")
    reason = models.TextField(help_text="Why it was left alone, for the operator.")
    parked_at = models.DateTimeField(help_text="When (UTC, the installation's clock).")

    class Meta:
        ordering = ("-parked_at",)

    def __str__(self) -> str:
        return f"{self.account_id}: {self.reason}"
