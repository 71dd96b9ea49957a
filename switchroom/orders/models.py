"""The store wizard's draft, the quotes that were shown, and the acceptance.

An order begins as a draft that a member may leave and resume on any device, is shown as quotes, and ends in a
purchase of exactly one of them. Orders know nothing of invoices or phone systems: those carry the order's id.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from switchroom.accounts.models import Account, User
from switchroom.plumbing.ids import new_id
from switchroom.subscriptions.models import Subscription


class OrderKind(models.TextChoices):
    """What an order is for."""

    UPGRADE = "upgrade"
    """The first purchase out of a trial, or licences added later."""
    FOLLOW_UP = "follow_up"
    """A smaller subscription that takes over when a cancelled one ends (rule 7.6)."""


class OrderState(models.TextChoices):
    """Where an order stands."""

    DRAFT = "draft"
    """In the wizard; nothing is booked."""
    PURCHASED = "purchased"
    """Accepted with the obligation to pay."""
    DISCARDED = "discarded"
    """Given up, or overtaken because the subscription ended."""


class Order(models.Model):
    """One walk through the store wizard. ``id`` is also what invoices and items name as their order."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, related_name="+", help_text="What is upgraded, or followed up."
    )
    kind = models.CharField(max_length=10, choices=OrderKind.choices, default=OrderKind.UPGRADE)
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.DRAFT)
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(help_text="Instant of the first step (UTC).")
    wanted = models.JSONField(
        default=dict, help_text="Licence key → total quantity wanted, with what is booked."
    )
    service_level = models.CharField(max_length=40, blank=True, help_text="Key of the service level chosen.")
    steps_done = models.JSONField(default=list, help_text="Names of the wizard's steps that were confirmed.")
    purchased_on = models.DateField(null=True, blank=True, help_text="Local day of the purchase.")
    purchased_at = models.DateTimeField(null=True, blank=True, help_text="Instant of the purchase (UTC).")
    purchased_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    accepted_quote = models.OneToOneField(
        "Quote", models.PROTECT, null=True, blank=True, related_name="+", help_text="What exactly was bought."
    )
    bought_subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The subscription that the purchase booked into; for a follow-up the new one.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscription", "kind"], condition=Q(state=OrderState.DRAFT), name="order_one_draft"
            ),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(condition=Q(kind__in=OrderKind.values), name="order_kind_known"),
            models.CheckConstraint(
                condition=~Q(state=OrderState.PURCHASED)
                | Q(
                    purchased_on__isnull=False,
                    purchased_at__isnull=False,
                    accepted_quote__isnull=False,
                    bought_subscription__isnull=False,
                ),
                name="order_purchase_is_complete",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Quote(models.Model):
    """What the order overview showed (rule 4.5). Kept unchanged as evidence; the purchase names one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="quotes")
    fingerprint = models.CharField(max_length=32, help_text="Hash of everything that was promised.")
    day = models.DateField(help_text="Local day for which it was computed.")
    shown_at = models.DateTimeField(help_text="Instant at which it was first shown (UTC).")
    valid_until = models.DateTimeField(help_text="Local midnight after the day (UTC instant), exclusive.")
    promised = models.JSONField(help_text="Lines, days and amounts in minor units, as they were shown.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "day", "fingerprint"], name="quote_shown_once"),
        )

    def __str__(self) -> str:
        return f"{self.fingerprint} of {self.day}"
