"""Port-ins: a member brings phone numbers from another provider.

A port-in is asked for with a signed document, handed in to the present provider, confirmed for a day and
done, or it is refused or withdrawn before. While it is open its numbers keep their place among those that are
entitled, and nobody else can bring them. Once it is over nothing of it changes any more, and its document is
erased.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from switchroom.accounts.models import User
from switchroom.plumbing.ids import new_id


class PortInState(models.TextChoices):
    """Where a port-in stands; ``porting.py`` says which state may follow which."""

    ASKED = "asked", "asked for"
    """A member has asked for it; nobody has looked yet."""
    HANDED_IN = "handed-in", "handed in"
    """The present provider was asked to let the numbers go."""
    CONFIRMED = "confirmed", "confirmed"
    """The present provider lets them go on a day."""
    DONE = "done", "done"
    """They are in the stock and assigned to the phone system."""
    REFUSED = "refused", "refused"
    """They do not come; the member reads why."""
    WITHDRAWN = "withdrawn", "withdrawn"
    """The member has thought better of it."""


OPEN = (PortInState.ASKED, PortInState.HANDED_IN, PortInState.CONFIRMED)
"""The states of one that is not over."""


class DocumentKind(models.TextChoices):
    """What a document is, by what it holds; also how its name ends."""

    PDF = "pdf", "PDF"
    JPEG = "jpg", "JPEG"
    PNG = "png", "PNG"


class PortIn(models.Model):
    """What a member asked for, as it is written in the signed order, and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system = models.ForeignKey("phonesystems.PhoneSystem", models.CASCADE, related_name="port_ins")
    state = models.CharField(max_length=9, choices=PortInState.choices, default=PortInState.ASKED)
    present_provider = models.CharField(max_length=120, help_text="From whom the numbers come.")
    holder_name = models.CharField(max_length=120, help_text="Whose contract it is, as known there.")
    holder_street = models.CharField(max_length=120)
    holder_postal_code = models.CharField(max_length=10)
    holder_city = models.CharField(
        max_length=60, help_text="Also the area under which the numbers come into the stock."
    )
    customer_number = models.CharField(max_length=60, blank=True, help_text="The one there.")
    wished_on = models.DateField(help_text="Local day on which the member would like the numbers to move.")
    confirmed_on = models.DateField(
        null=True, blank=True, help_text="Local day for which the present provider has confirmed."
    )
    reason = models.CharField(
        max_length=400, blank=True, help_text="Why it was refused, as the member reads it."
    )
    document = models.CharField(
        max_length=120, blank=True, help_text="Name in the storage of backups; empty once it is erased."
    )
    document_kind = models.CharField(max_length=3, choices=DocumentKind.choices)
    document_size = models.PositiveIntegerField(help_text="Bytes of the document before it was encrypted.")
    asked_at = models.DateTimeField(help_text="Instant of the wish (UTC).")
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(help_text="Instant of the latest change of its state (UTC).")

    class Meta:
        ordering = ("-asked_at",)
        verbose_name = "port-in"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=PortInState.values), name="port_in_state_known"),
            models.CheckConstraint(
                condition=Q(document_kind__in=DocumentKind.values), name="port_in_document_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[PortInState.ASKED, PortInState.HANDED_IN], confirmed_on__isnull=True)
                | Q(state__in=[PortInState.CONFIRMED, PortInState.DONE], confirmed_on__isnull=False)
                | Q(state__in=[PortInState.REFUSED, PortInState.WITHDRAWN]),
                name="port_in_confirmed_for_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state=PortInState.REFUSED) & ~Q(reason="")
                | ~Q(state=PortInState.REFUSED) & Q(reason=""),
                name="port_in_refused_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN) | Q(document=""), name="port_in_over_keeps_no_document"
            ),
        )

    def __str__(self) -> str:
        return f"port-in from {self.present_provider}"

    @property
    def is_open(self) -> bool:
        """Whether it is not over yet."""
        return self.state in OPEN


class PortInNumber(models.Model):
    """A number that is brought along. It comes into the stock when its port-in is done."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    port_in = models.ForeignKey(PortIn, models.CASCADE, related_name="numbers")
    e164 = models.CharField(max_length=16)
    is_open = models.BooleanField(
        default=True, help_text="Whether its port-in is; then it keeps its place, and nobody else brings it."
    )

    class Meta:
        ordering = ("e164",)
        verbose_name = "number of a port-in"
        verbose_name_plural = "numbers of port-ins"
        constraints = (
            models.UniqueConstraint(fields=["port_in", "e164"], name="port_in_names_a_number_once"),
            models.UniqueConstraint(fields=["e164"], condition=Q(is_open=True), name="port_in_open_once"),
        )

    def __str__(self) -> str:
        return self.e164
