"""The promise that ties one account to one phone system, kept as dated facts.

There is no status: a trial, items, a cancellation and a reduction are rows with a day, a person and a
reason, and
``rules.lifecycle`` derives the word for a day. The only thing computed ahead is ``next_due_on``, so that a
day's work is one query.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from switchroom.accounts.models import Account, User
from switchroom.catalog.models import Licence, ProductVersion
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import FirstMonth


class Subscription(models.Model):
    """A promise to one account about one phone system. An account has many."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", db_index=False)
    product_version = models.ForeignKey(
        ProductVersion,
        models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Whose prices and terms apply: the version of the trial, from the first purchase on "
        "the one bought. Never changes after the first purchase.",
    )
    name = models.CharField(
        max_length=63, help_text="Name of its phone system; the first label of the SIP domain."
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        db_index=False,
        help_text="The subscription that this one takes over from, for a follow-up (rule 7.6).",
    )
    created_on = models.DateField(help_text="Local day on which it was entered.")
    bought_on = models.DateField(
        null=True, blank=True, help_text="Day on which the paid term began; none in a trial. Set once."
    )
    next_due_on = models.DateField(
        null=True,
        blank=True,
        help_text="Next day on which the day's job must look at it; none when all is done. Kept by journeys. "
        "Without an index, so that PostgreSQL changes it in place.",
    )

    class Meta:
        ordering = ("created_on", "id")
        indexes = (models.Index(fields=["account"], name="subscription_account"),)
        constraints = (
            models.UniqueConstraint(
                fields=["follows"], condition=Q(follows__isnull=False), name="subscription_followed_once"
            ),
            models.CheckConstraint(
                condition=Q(bought_on__isnull=True) | Q(bought_on__gte=models.F("created_on")),
                name="subscription_bought_not_before_created",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Trial(models.Model):
    """How every subscription starts (rule 3.1). A follow-up's trial has no length."""

    subscription = models.OneToOneField(Subscription, models.CASCADE, primary_key=True, related_name="trial")
    from_on = models.DateField(help_text="First day.")
    until_on = models.DateField(help_text="First day on which it is over.")
    trunk_lines = models.PositiveIntegerField(help_text="External calls at once, in the trial.")
    endpoints = models.PositiveIntegerField(help_text="Devices, in the trial.")
    phone_numbers = models.PositiveIntegerField(help_text="Phone numbers, in the trial.")
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(until_on__gte=models.F("from_on")), name="trial_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_on} to {self.until_on}"


class Item(models.Model):
    """A quantity of one licence (or service level) at one price; its quantity never changes (rule 6.2)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="items")
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="+")
    order_id = models.UUIDField(
        null=True, blank=True, help_text="The order that booked it; none for what a reduction left over."
    )
    quantity = models.PositiveIntegerField()
    unit_price_minor = models.BigIntegerField(help_text="Net price of one a month, in minor units.")
    from_on = models.DateField(help_text="First day in force.")
    until_on = models.DateField(
        null=True, blank=True, help_text="First day no longer in force; set once, by a reduction."
    )
    sequence = models.PositiveIntegerField(help_text="Order within the subscription, oldest first.")
    first_month = models.CharField(
        max_length=8,
        choices=[
            (FirstMonth.CREDITED.value, "whole month with credit"),
            (FirstMonth.DIRECT.value, "days left"),
        ],
        default=FirstMonth.CREDITED.value,
        help_text="How the month in which it starts is charged (rules 5.2 and 5.5).",
    )

    class Meta:
        ordering = ("sequence",)
        constraints = (
            models.UniqueConstraint(fields=["subscription", "sequence"], name="item_sequence_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="item_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price_minor__gte=0), name="item_price_not_negative"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=models.F("from_on")),
                name="item_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(first_month__in=[word.value for word in FirstMonth]),
                name="item_first_month_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.licence}"


class Cancellation(models.Model):
    """A member's wish to leave, with the day on which it takes effect. At most one that is not withdrawn."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="cancellations")
    entered_on = models.DateField(help_text="Local day on which it was entered.")
    entered_at = models.DateTimeField(help_text="Instant on which it was entered, for the confirmation.")
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ends_on = models.DateField(help_text="First day after the subscription (rule 7.2).")
    withdrawn_on = models.DateField(
        null=True, blank=True, help_text="Day on which it was withdrawn; until then it counts."
    )
    withdrawn_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(withdrawn_on__isnull=True),
                name="cancellation_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("entered_on")), name="cancellation_ends_not_before_entered"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__lt=models.F("ends_on")),
                name="cancellation_withdrawn_before_end",
            ),
        )

    def __str__(self) -> str:
        return f"ends {self.ends_on}"


class Reduction(models.Model):
    """A wish to hold less, with the day on which it bites. At most one is pending (rule 6.2)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="reductions")
    entered_on = models.DateField(help_text="Local day on which it was entered.")
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    bites_on = models.DateField(help_text="Day on which it takes effect.")
    targets = models.JSONField(help_text="Licence key → absolute quantity; what is not named stays.")
    withdrawn_on = models.DateField(
        null=True, blank=True, help_text="Day on which it was withdrawn or replaced."
    )
    withdrawn_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    done_on = models.DateField(null=True, blank=True, help_text="The day it bit: the day of its effect.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(withdrawn_on__isnull=True, done_on__isnull=True),
                name="reduction_one_pending",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(done_on__isnull=True),
                name="reduction_ends_one_way",
            ),
        )

    def __str__(self) -> str:
        return f"bites {self.bites_on}"
