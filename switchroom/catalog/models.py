"""What is sold: products in dated versions that never change once stored.

An operator edits the catalogue file and loads it (``loading.py``); each change becomes a new **version**. A
subscription stays in the version it was bought in until it is moved, so a version and its licences are kept
for ever.
"""

from __future__ import annotations

from django.db import models

from switchroom.plumbing.clock import now
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import ReductionInTerm
from switchroom.rules.terms import LONGEST_TERM_MONTHS


class LicenceKind(models.TextChoices):
    """What a bookable item is."""

    LICENCE = "licence", "licence"
    SERVICE_LEVEL = "service_level", "service level"


class Product(models.Model):
    """What is sold under one name; its terms and prices are those of a version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=40, unique=True, help_text="Names it for programs, for example ONE.")
    name = models.JSONField(help_text="Language code to name, as in the version loaded last.")

    def __str__(self) -> str:
        return self.key


class ProductVersion(models.Model):
    """A product's terms from a day on. Never changed, never deleted (``laws.py``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the product.")
    valid_from_on = models.DateField(help_text="On sale from this local day until a later version is.")
    description = models.JSONField(help_text="Language code to one or two sentences for the store.")
    currency = models.CharField(max_length=3, help_text="ISO 4217 code of all prices.")
    term_months = models.PositiveSmallIntegerField(
        help_text="The paid term, on to the end of its last month: 1 to 23 (rule 4.4)."
    )
    trial_days = models.PositiveSmallIntegerField(
        help_text="Length of the trial, the day of creation not counted."
    )
    trial_grace_days = models.PositiveSmallIntegerField(
        help_text="How long an expired trial is kept (rule 3.3)."
    )
    trial_trunk_lines = models.PositiveIntegerField(help_text="Trunk lines in the trial.")
    trial_endpoints = models.PositiveIntegerField(help_text="Endpoints in the trial.")
    trial_phone_numbers = models.PositiveIntegerField(help_text="Phone numbers in the trial.")
    reduction_in_term = models.CharField(
        max_length=20,
        choices=[(policy.value, policy.value) for policy in ReductionInTerm],
        help_text="Rule 6.1.",
    )
    retention_days = models.PositiveSmallIntegerField(help_text="From the end to the deletion (rule 7.5).")
    number_quarantine_days = models.PositiveSmallIntegerField(
        help_text="How long numbers rest afterwards (rule 7.8)."
    )
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of what the file said of the product, in hex."
    )
    loaded_at = models.DateTimeField(
        default=now, editable=False, help_text="When the operator loaded it (UTC)."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["product", "number"], name="catalog_version_number_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="catalog_version_number_from_one"),
            models.CheckConstraint(
                condition=models.Q(term_months__gte=1, term_months__lte=LONGEST_TERM_MONTHS),
                name="catalog_version_term_months",
            ),
            models.CheckConstraint(condition=models.Q(trial_days__gte=1), name="catalog_version_trial_days"),
            models.CheckConstraint(
                condition=models.Q(number_quarantine_days__gte=31), name="catalog_version_number_quarantine"
            ),
            models.CheckConstraint(
                condition=models.Q(reduction_in_term__in=[policy.value for policy in ReductionInTerm]),
                name="catalog_version_reduction_in_term",
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex="^[A-Z]{3}$"), name="catalog_version_currency"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product} version {self.number}"


class Licence(models.Model):
    """A bookable item of a version: a licence that grants services, or a service level. Never changes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="licences")
    key = models.CharField(max_length=40, help_text="Names it for programs, the same in every version.")
    kind = models.CharField(
        max_length=20, choices=LicenceKind, help_text="A licence, or a service level (rule 5.11)."
    )
    position = models.PositiveSmallIntegerField(
        help_text="Order in the store, from 1, licences before service levels."
    )
    name = models.JSONField(help_text="Language code to name.")
    description = models.JSONField(help_text="Language code to one sentence for the store.")
    reaction_time = models.JSONField(
        default=dict,
        blank=True,
        help_text="Service levels: language code to how soon we react; licences: empty.",
    )
    unit_price_minor = models.PositiveBigIntegerField(help_text="Net, a month and piece, in minor units.")
    currency = models.CharField(max_length=3, help_text="ISO 4217 code, that of the version.")
    maximum = models.PositiveIntegerField(help_text="Most of it that one subscription may book (rule 4.2).")
    trunk_lines = models.PositiveIntegerField(default=0, help_text="Trunk lines that one piece grants.")
    endpoints = models.PositiveIntegerField(default=0, help_text="Endpoints that one piece grants.")
    phone_numbers = models.PositiveIntegerField(default=0, help_text="Phone numbers that one piece grants.")

    class Meta:
        ordering = ("version", "position")
        constraints = (
            models.UniqueConstraint(fields=["version", "key"], name="catalog_licence_key_once"),
            models.UniqueConstraint(fields=["version", "position"], name="catalog_licence_position_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=LicenceKind.values), name="catalog_licence_kind"
            ),
            models.CheckConstraint(condition=models.Q(maximum__gte=1), name="catalog_licence_maximum"),
            models.CheckConstraint(
                condition=models.Q(kind=LicenceKind.LICENCE)
                | models.Q(maximum=1, trunk_lines=0, endpoints=0, phone_numbers=0),
                name="catalog_service_level_single_grants_nothing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} of {self.version}"
