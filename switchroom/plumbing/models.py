"""What the plumbing keeps in the database: the town's clock, effects on their way, and the audit trail."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from switchroom.plumbing.ids import new_id


class TownClock(models.Model):
    """The movable clock of an installation for trying; a production installation has no row here."""

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    ahead = models.DurationField(
        help_text="How far the town is ahead of the real clock; negative when behind."
    )

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="plumbing_one_town_clock"),)

    def __str__(self) -> str:
        return f"{self.ahead} ahead"


class OutboxEntry(models.Model):
    """One effect that is to happen outside the database (or later in it), promised by the transaction that
    wrote it.

    An entry with neither ``done_at`` nor ``dead_at`` is open. How an open one finds its worker is the matter
    of the database's engine: the last three columns on SQLite, a job of procrastinate on PostgreSQL. Written
    by ``outbox`` alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=80, help_text="Names the handler.")
    payload = models.JSONField(
        encoder=DjangoJSONEncoder, help_text="What the handler needs; emptied when old."
    )
    key = models.CharField(
        max_length=200, null=True, help_text="At most one entry ever has it; null: no such bound."
    )
    created_at = models.DateTimeField(help_text="When it was promised, by the installation's clock.")
    gives_way = models.BooleanField(
        default=False, help_text="It was promised among many, and nobody waits for it."
    )
    failures = models.PositiveIntegerField(
        default=0, help_text="Attempts in a row that failed or died; an operator's retry starts at 0 again."
    )
    last_error = models.TextField(blank=True, help_text="Why the latest attempt failed.")
    done_at = models.DateTimeField(null=True, help_text="When its effect had happened (real clock).")
    dead_at = models.DateTimeField(null=True, help_text="When we gave up (real clock).")
    due_at = models.DateTimeField(
        null=True, help_text="On SQLite: not before this instant (real clock), while it is open; else null."
    )
    attempt = models.PositiveIntegerField(
        default=0,
        help_text="On SQLite: how often a worker has taken it; only ever grows, and fences off the slow.",
    )
    leased_until = models.DateTimeField(
        null=True, help_text="On SQLite: a worker has it until then (real clock)."
    )

    class Meta:
        verbose_name_plural = "outbox entries"
        constraints = (
            models.UniqueConstraint(fields=["key"], name="plumbing_outbox_key"),
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(dead_at=None), name="plumbing_outbox_done_or_dead"
            ),
        )
        indexes = (
            models.Index(
                fields=["gives_way", "due_at", "id"],
                condition=models.Q(due_at__isnull=False),
                name="plumbing_outbox_due",
            ),
            models.Index(fields=["dead_at"], condition=~models.Q(dead_at=None), name="plumbing_outbox_dead"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key or self.pk}"


class AuditEvent(models.Model):
    """One thing that happened to an account, in the words of the business; never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=80, help_text="What happened, for example subscription.upgraded.")
    happened_on = models.DateField(help_text="The local day for which it counts.")
    recorded_at = models.DateTimeField(help_text="When it was written (UTC, the installation's clock).")
    account_id = models.UUIDField(help_text="Whose account; no foreign key, the plumbing knows no accounts.")
    subscription_id = models.UUIDField(null=True, help_text="Which subscription, if one.")
    actor = models.CharField(max_length=200, blank=True, help_text="The member's address; empty: by itself.")
    facts = models.JSONField(
        encoder=DjangoJSONEncoder, default=dict, help_text="Numbers, days and ids; *_minor are minor units."
    )

    class Meta:
        indexes = (
            models.Index(fields=["subscription_id", "id"], name="plumbing_audit_subscription"),
            models.Index(fields=["account_id", "id"], name="plumbing_audit_account"),
        )

    def __str__(self) -> str:
        return f"{self.happened_on} {self.kind}"
