"""What an operator can look up: one entry for each noun of the business, with what belongs to it beside
it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from switchroom.accounts.models import Account, BillingAddress, Invitation, Member, User
from switchroom.backoffice.looking_up import Beside, LookUp, amount
from switchroom.backoffice.phone_systems import PhoneSystems
from switchroom.backoffice.port_ins import PortIns
from switchroom.billing.models import (
    BillingChunk,
    BillingRun,
    Credit,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    ParkedAccount,
)
from switchroom.catalog.models import Licence, Product, ProductVersion
from switchroom.journeys.billing_run import At, who
from switchroom.journeys.parked import bill_parked
from switchroom.orders.models import Order, Quote
from switchroom.phonesystems.models import DeletionRecord, Operation, PhoneNumber, PhoneSystem
from switchroom.phonesystems.port_ins import PortIn
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from switchroom.subscriptions.models import Cancellation, Item, Reduction, Subscription, Trial

admin.site.site_header = "Switchroom"
admin.site.site_title = "Switchroom"
admin.site.index_title = "Look up"
admin.site.register(PortIn, PortIns)
admin.site.register(PhoneSystem, PhoneSystems)


class MembersBeside(Beside):
    model = Member
    fields = ("user", "role", "joined_on")


class AddressBeside(Beside):
    model = BillingAddress


class ItemsBeside(Beside):
    model = Item
    fields = ("licence", "quantity", "unit_price_minor", "from_on", "until_on", "first_month")


class TrialBeside(Beside):
    model = Trial


class CancellationsBeside(Beside):
    model = Cancellation


class ReductionsBeside(Beside):
    model = Reduction


class LicencesBeside(Beside):
    model = Licence
    fields = ("key", "kind", "unit_price_minor", "trunk_lines", "endpoints", "phone_numbers", "maximum")


class LinesBeside(Beside):
    model = InvoiceLine
    fk_name = "invoice"
    fields = (
        "position",
        "kind",
        "subscription",
        "item",
        "month_on",
        "quantity",
        "days",
        "of_days",
        "net_minor",
    )


class TaxesBeside(Beside):
    model = InvoiceTax


class UsesBeside(Beside):
    model = InvoiceLine
    fk_name = "credit"
    fields = ("invoice", "net_minor")


class ChunksBeside(Beside):
    model = BillingChunk
    fields = (
        "first_account_id",
        "last_account_id",
        "accounts",
        "done_at",
        "done_by",
        "invoices",
        "net_minor",
        "parked",
    )


class QuotesBeside(Beside):
    model = Quote
    fields = ("day", "fingerprint", "shown_at", "valid_until")


@admin.register(User)
class Users(LookUp):
    list_display = ("email", "full_name", "language", "is_active", "is_staff", "last_login")
    search_fields = ("email", "full_name")
    list_filter = ("is_active", "is_staff", "language")
    exclude = ("password",)


@admin.register(Account)
class Accounts(LookUp):
    list_display = ("number", "name", "created_on", "payment_method")
    search_fields = ("number", "name", "members__user__email")
    inlines = (AddressBeside, MembersBeside)


@admin.register(Invitation)
class Invitations(LookUp):
    list_display = ("email", "account", "role", "invited_at", "expires_at", "accepted_at", "withdrawn_at")
    search_fields = ("email", "account__name")
    list_select_related = ("account",)


@admin.register(Product)
class Products(LookUp):
    list_display = ("key",)


@admin.register(ProductVersion)
class ProductVersions(LookUp):
    list_display = ("product", "number", "valid_from_on", "term_months", "trial_days", "reduction_in_term")
    list_select_related = ("product",)
    inlines = (LicencesBeside,)


@admin.register(Subscription)
class Subscriptions(LookUp):
    list_display = ("name", "account", "created_on", "bought_on", "next_due_on", "product_version")
    list_select_related = ("account", "product_version__product")
    search_fields = ("name", "account__name", "account__number")
    date_hierarchy = "created_on"
    inlines = (TrialBeside, ItemsBeside, CancellationsBeside, ReductionsBeside)


@admin.register(Order)
class Orders(LookUp):
    list_display = ("id", "account", "subscription", "kind", "state", "started_at", "purchased_at")
    list_select_related = ("account", "subscription")
    list_filter = ("state", "kind")
    search_fields = ("account__name", "account__number", "subscription__name")
    inlines = (QuotesBeside,)


@admin.register(Invoice)
class Invoices(LookUp):
    list_display = ("reference", "account", "kind", "issued_on", "month_on", "net", "gross")
    list_select_related = ("account",)
    list_filter = ("kind",)
    search_fields = ("reference", "account__name", "account__number")
    date_hierarchy = "issued_on"
    inlines = (LinesBeside, TaxesBeside)

    @admin.display(ordering="net_minor")
    def net(self, invoice: Invoice) -> str:
        """The net amount in words of money."""
        return amount(invoice.net_minor, invoice.currency)

    @admin.display(ordering="gross_minor")
    def gross(self, invoice: Invoice) -> str:
        """The amount to be paid in words of money."""
        return amount(invoice.gross_minor, invoice.currency)


@admin.register(Credit)
class Credits(LookUp):
    list_display = ("account", "granted_on", "granted", "days", "of_days")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__number")
    inlines = (UsesBeside,)

    @admin.display(ordering="granted_minor")
    def granted(self, credit: Credit) -> str:
        """The amount granted in words of money."""
        return amount(credit.granted_minor, credit.currency)


@admin.register(InvoiceSeries)
class Series(LookUp):
    list_display = ("year", "prefix", "last_number")


@admin.register(BillingRun)
class BillingRuns(LookUp):
    """How far each run is: the sums of its chunks."""

    list_display = (
        "month_on",
        "accounts",
        "done",
        "invoices",
        "net",
        "parked",
        "finished_at",
        "started_at",
        "started_by",
    )
    date_hierarchy = "month_on"
    readonly_fields = ("accounts", "done", "invoices", "net", "parked")
    inlines = (ChunksBeside,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BillingRun]:
        """This function will add to each run what its chunks come to."""
        done = Q(chunks__done_at__isnull=False)
        sums = {
            f"all_{name}": Coalesce(Sum(f"chunks__{name}"), 0)
            for name in ("accounts", "invoices", "net_minor", "parked")
        }
        done_accounts = Coalesce(Sum("chunks__accounts", filter=done), 0)
        runs: QuerySet[BillingRun] = super().get_queryset(request)
        return runs.annotate(done_accounts=done_accounts, **sums)

    @admin.display(ordering="all_accounts")
    def accounts(self, run: Any) -> int:
        """How many accounts it was planned with."""
        return int(run.all_accounts)

    @admin.display(ordering="done_accounts")
    def done(self, run: Any) -> int:
        """How many of them were looked at."""
        return int(run.done_accounts)

    @admin.display(ordering="all_invoices")
    def invoices(self, run: Any) -> int:
        """How many documents it issued."""
        return int(run.all_invoices)

    @admin.display(ordering="all_net_minor")
    def net(self, run: Any) -> str:
        """Their net in words of money."""
        return amount(int(run.all_net_minor), settings.INSTALLATION.currency)

    @admin.display(ordering="all_parked")
    def parked(self, run: Any) -> int:
        """How many accounts it left alone."""
        return int(run.all_parked)


@admin.register(ParkedAccount)
class ParkedAccounts(LookUp):
    """Once its cause is mended an account can be tried again; nothing else can be done here."""

    list_display = ("account", "month_on", "reason", "parked_at")
    list_select_related = ("account",)
    search_fields = ("account__name", "account__number", "reason")
    actions = ("try_again",)

    @admin.action(description="Try again now", permissions=["act"])
    def try_again(self, request: HttpRequest, parked_accounts: QuerySet[ParkedAccount]) -> None:
        """This function will bill the chosen accounts now, and say of each what came of it."""
        for parked in parked_accounts.select_related("account"):
            at = clock.now()
            when = At(clock.local_day(at), at, f"{request.user} at {who()}")
            reason = bill_parked(account_id=parked.account_id, when=when)
            if reason:
                self.message_user(request, f"{parked.account} stays parked: {reason}", messages.WARNING)
            else:
                self.message_user(request, f"{parked.account} is billed.", messages.SUCCESS)


@admin.register(PhoneNumber)
class PhoneNumbers(LookUp):
    list_display = ("e164", "area", "phone_system", "is_live", "quarantine_until")
    list_select_related = ("phone_system",)
    search_fields = ("e164", "area")


@admin.register(Operation)
class Operations(LookUp):
    list_display = ("sip_label", "kind", "revision", "state", "asked_at", "done_at")
    list_filter = ("state", "kind")
    search_fields = ("sip_label",)


@admin.register(DeletionRecord)
class DeletionRecords(LookUp):
    list_display = (
        "name",
        "account",
        "deleted_on",
        "rule",
        "endpoints",
        "phone_numbers",
        "backups",
        "verified_at",
    )
    list_select_related = ("account",)
    search_fields = ("name", "sip_label", "account__name")


@admin.register(AuditEvent)
class AuditEvents(LookUp):
    list_display = ("recorded_at", "happened_on", "kind", "actor", "account_id", "subscription_id")
    list_filter = ("kind",)
    search_fields = ("actor", "account_id", "subscription_id")


class Ending(admin.SimpleListFilter):
    """Effects that are open, have happened, or were given up."""

    title = "ending"
    parameter_name = "ending"

    def lookups(self, request: HttpRequest, page: object) -> list[tuple[str, str]]:
        """This function will name the three."""
        return [("open", "open"), ("done", "done"), ("dead", "given up")]

    def queryset(self, request: HttpRequest, entries: QuerySet[OutboxEntry]) -> QuerySet[OutboxEntry]:
        """This function will return the entries with the ending that was asked for."""
        if self.value() == "open":
            return entries.filter(done_at=None, dead_at=None)
        return (
            entries.exclude(**{f"{self.value()}_at": None}) if self.value() in ("done", "dead") else entries
        )


@admin.register(OutboxEntry)
class OutboxEntries(LookUp):
    """What is given up can be tried again once its cause is mended; nothing else can be done here."""

    list_display = ("kind", "created_at", "failures", "done_at", "dead_at", "last_error")
    list_filter = (Ending, "kind")
    exclude = ("payload",)  # letters hold codes and addresses
    actions = ("try_again",)

    @admin.action(description="Try again what was given up")
    def try_again(self, request: HttpRequest, entries: QuerySet[OutboxEntry]) -> None:
        """This function will open the chosen entries again, as far as they were given up."""
        opened = sum(outbox.retry(entry.pk) for entry in entries.exclude(dead_at=None))
        self.message_user(request, f"{opened} of {entries.count()} are tried again.")


if apps.is_installed("procrastinate.contrib.django"):
    # Its page would stop and repeat jobs behind the outbox's back. What is imported once does not come again.
    import_module("procrastinate.contrib.django.admin")
    admin.site.unregister(import_module("procrastinate.contrib.django.models").ProcrastinateJob)
