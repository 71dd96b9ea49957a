"""Our side of the promise: phone systems with endpoints and phone numbers, and what the edge was told.

A phone system holds what its subscription entitles it to and what is set up. After the end it is
deleted for good; only the deletion record stays. Secrets are never stored, only their digest hash.
"""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from switchroom.accounts.models import Account, User
from switchroom.phonesystems.edge_nodes import EdgeNode, EdgeQuestion  # noqa: F401  # nouns with a file of their own
from switchroom.phonesystems.port_ins import PortIn, PortInNumber  # noqa: F401  # nouns with a file of their own
from switchroom.plumbing.ids import new_id
from switchroom.rules.barring import Barring
from switchroom.subscriptions.models import Subscription

SIP_LABEL = RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
E164 = RegexValidator(r"^\+[1-9][0-9]{6,14}\Z")
BARRING = [(one.value, one.name.lower()) for one in Barring]


class PhoneSystem(models.Model):
    """A tenant of the telephone network edge, with its own SIP domain."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    subscription = models.OneToOneField(Subscription, models.PROTECT, related_name="+")
    name = models.CharField(max_length=63, help_text="As the member typed it.")
    sip_label = models.CharField(
        max_length=63, unique=True, validators=[SIP_LABEL], help_text="First label of its SIP domain."
    )
    realm = models.CharField(
        max_length=64, help_text="Realm of its digest hashes: random, or that of the backup restored last."
    )
    created_on = models.DateField(help_text="Local day on which it was set up.")
    changed_at = models.DateTimeField(
        help_text="Last change of endpoints or numbers (UTC); a backup made since is fresh."
    )
    is_on = models.BooleanField(
        default=True, help_text="Whether it works; off it keeps emergency calls only."
    )
    barring = models.CharField(
        max_length=8, choices=BARRING, default=Barring.NONE.value, blank=True, help_text="What is barred."
    )
    barred_on = models.DateField(null=True, blank=True, help_text="Local day since which anything is barred.")
    trunk_lines = models.PositiveIntegerField(help_text="Entitled external calls at once.")
    endpoint_limit = models.PositiveIntegerField(help_text="Entitled endpoints.")
    number_limit = models.PositiveIntegerField(help_text="Entitled phone numbers.")
    home_edge = models.CharField(
        max_length=32, blank=True, default="", help_text="The edge that serves it; empty means all of them."
    )
    standby_edge = models.CharField(
        max_length=32, blank=True, default="", help_text="The edge that serves it while its home is dead."
    )
    revision = models.PositiveIntegerField(
        help_text="Counts every change the edge must learn, on from where the label's last holder stopped."
    )
    edge_revision = models.PositiveIntegerField(
        default=0, help_text="The last revision that the edge confirmed."
    )

    class Meta:
        ordering = ("created_on", "id")
        indexes = (models.Index(fields=["account"], name="phonesystem_account"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(edge_revision__lte=F("revision")), name="phonesystem_edge_not_ahead"
            ),
            models.CheckConstraint(
                condition=Q(barring__in=[one for one, _ in BARRING]), name="phonesystem_barring_known"
            ),
            models.CheckConstraint(
                condition=Q(barring="", barred_on=None) | Q(barring__gt="", barred_on__isnull=False),
                name="phonesystem_barred_since",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Endpoint(models.Model):
    """A device that may register. Its secret was shown once; only the digest hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system = models.ForeignKey(PhoneSystem, models.CASCADE, related_name="endpoints")
    name = models.CharField(max_length=60)
    extension = models.CharField(max_length=6, help_text="Two to six digits, dialled inside.")
    sip_user = models.CharField(max_length=32, help_text="User part of its SIP address.")
    ha1 = models.CharField(
        max_length=32, help_text="MD5 of user:realm:secret, as digest authentication needs it."
    )
    position = models.PositiveIntegerField(
        help_text="The member's own order; the first N entitled work (rule 6.3)."
    )
    created_at = models.DateTimeField(help_text="Instant of its setting up (UTC).")

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["phone_system", "extension"], name="endpoint_extension_once"),
            models.UniqueConstraint(fields=["phone_system", "sip_user"], name="endpoint_sip_user_once"),
        )

    def __str__(self) -> str:
        return self.name


class Manner(models.TextChoices):
    """How the phones of a ring group ring."""

    ALL = "all", "all at once"
    IN_ORDER = "in_order", "one after another"


class RingGroup(models.Model):
    """Endpoints that ring together, or one after another, when its extension or a number of it is called."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system = models.ForeignKey(PhoneSystem, models.CASCADE, related_name="ring_groups")
    name = models.CharField(max_length=60)
    extension = models.CharField(max_length=6, help_text="Dialled inside; no endpoint has it.")
    manner = models.CharField(max_length=8, choices=Manner.choices, default=Manner.ALL)

    class Meta:
        ordering = ("extension",)
        constraints = (
            models.UniqueConstraint(fields=["phone_system", "extension"], name="ring_group_extension_once"),
            models.CheckConstraint(condition=Q(manner__in=Manner.values), name="ring_group_manner_known"),
        )

    def __str__(self) -> str:
        return self.name


class RingGroupMember(models.Model):
    """An endpoint of a ring group; it rings for so many seconds where they ring one after another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ring_group = models.ForeignKey(RingGroup, models.CASCADE, related_name="members")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(help_text="In which turn it rings.")
    seconds = models.PositiveSmallIntegerField(help_text="How long it rings before the next does.")

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["ring_group", "endpoint"], name="ring_group_member_once"),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.endpoint_id}"


class PhoneNumber(models.Model):
    """A number of the provider's stock, assigned to at most one phone system, an asset of its own (rule
    7.8). It rings one endpoint or one ring group, or all phones when neither is chosen.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    e164 = models.CharField(max_length=16, unique=True, validators=[E164])
    area = models.CharField(max_length=60, help_text="Where it belongs, for example Berlin.")
    phone_system = models.ForeignKey(
        PhoneSystem, models.PROTECT, null=True, blank=True, related_name="numbers"
    )
    position = models.PositiveIntegerField(
        default=0, help_text="The member's own order; the first N entitled work."
    )
    rings_endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, blank=True, related_name="+")
    rings_group = models.ForeignKey(RingGroup, models.SET_NULL, null=True, blank=True, related_name="+")
    emergency_street = models.CharField(max_length=120, blank=True)
    emergency_postal_code = models.CharField(max_length=10, blank=True)
    emergency_city = models.CharField(max_length=60, blank=True)
    is_live = models.BooleanField(
        default=False, help_text="Takes calls; needs an emergency address (rule 8.3)."
    )
    quarantine_until = models.DateField(
        null=True, blank=True, help_text="First day on which it is free again after an end (rule 7.8)."
    )

    class Meta:
        ordering = ("position", "e164")
        constraints = (
            models.CheckConstraint(
                condition=Q(is_live=False)
                | (
                    Q(phone_system__isnull=False)
                    & ~Q(emergency_street="")
                    & ~Q(emergency_postal_code="")
                    & ~Q(emergency_city="")
                ),
                name="number_live_needs_emergency_address",
            ),
            models.CheckConstraint(
                condition=Q(phone_system__isnull=True) | Q(quarantine_until__isnull=True),
                name="number_assigned_is_not_quarantined",
            ),
            models.CheckConstraint(
                condition=Q(rings_endpoint__isnull=True) | Q(rings_group__isnull=True),
                name="number_rings_one_thing",
            ),
        )

    def __str__(self) -> str:
        return self.e164


class BackupKind(models.TextChoices):
    """How a backup came about."""

    ASKED = "asked", "made for a member"
    DAILY = "daily", "made by night"
    UPLOADED = "uploaded", "uploaded"


class Backup(models.Model):
    """What was set up in a phone system at one instant: an encrypted file in the storage of backups."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system = models.ForeignKey(PhoneSystem, models.CASCADE, related_name="backups")
    kind = models.CharField(max_length=8, choices=BackupKind.choices)
    made_at = models.DateTimeField(help_text="Instant (UTC); of one that was uploaded, of that.")
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    file = models.CharField(
        max_length=120, blank=True, help_text="Name in the storage; empty once the file is no longer kept."
    )
    size = models.PositiveIntegerField(default=0, help_text="Bytes of the encrypted file.")
    sha256 = models.CharField(max_length=64, help_text="Checksum of the encrypted file.")
    endpoints = models.PositiveIntegerField(default=0, help_text="How many endpoints it holds.")
    phone_numbers = models.PositiveIntegerField(default=0, help_text="How many numbers it names.")
    downloaded_at = models.DateTimeField(
        null=True, blank=True, help_text="Instant (UTC) at which a member last took it home."
    )

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=BackupKind.values), name="backup_kind_known"),
        )

    def __str__(self) -> str:
        return f"backup of {self.made_at:%Y-%m-%d %H:%M}"


class OperationKind(models.TextChoices):
    """What the edge is asked to do."""

    PUSH = "push"
    """Take over name, state, limits, endpoints and numbers as they are now."""
    DELETE = "delete"
    """Forget the phone system wholly, then prove that it is gone."""


class OperationState(models.TextChoices):
    """Where an operation stands."""

    WAITING = "waiting"
    DONE = "done"


class Operation(models.Model):
    """One request to the edge; outlives its phone system, so it names it by id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system_id = models.UUIDField(db_index=True)
    sip_label = models.CharField(max_length=63)
    kind = models.CharField(max_length=8, choices=OperationKind.choices)
    revision = models.PositiveIntegerField(help_text="The phone system's revision that it carries.")
    sip_users = models.JSONField(
        default=list, help_text="Whose registrations are to end when it is to be forgotten."
    )
    state = models.CharField(max_length=8, choices=OperationState.choices, default=OperationState.WAITING)
    asked_at = models.DateTimeField(help_text="Instant of the request (UTC).")
    done_at = models.DateTimeField(
        null=True, blank=True, help_text="Instant of the edge's confirmation (UTC)."
    )

    class Meta:
        ordering = ("asked_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=OperationState.values), name="operation_state_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=OperationKind.values), name="operation_kind_known"),
            models.CheckConstraint(
                condition=Q(state=OperationState.WAITING, done_at__isnull=True)
                | Q(state=OperationState.DONE, done_at__isnull=False),
                name="operation_done_has_instant",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.sip_label}"


class DeletionRecord(models.Model):
    """Proof that a phone system was deleted: what, how much, when, by which rule (rule 7.5).

    It is signed, once, when nothing was found left anywhere; nothing else of it ever changes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="+")
    phone_system_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=63)
    sip_label = models.CharField(max_length=63, db_index=True)
    revision = models.PositiveIntegerField(
        help_text="Its last revision; the next holder of the label counts on from here."
    )
    rule = models.CharField(max_length=8, help_text="The rule by which it was deleted: 3.3 or 7.5.")
    deleted_on = models.DateField(help_text="Local day of the deletion.")
    deleted_at = models.DateTimeField(help_text="Instant of the deletion (UTC).")
    endpoints = models.PositiveIntegerField(help_text="How many endpoints were deleted.")
    phone_numbers = models.PositiveIntegerField(help_text="How many number assignments were ended.")
    backups = models.PositiveIntegerField(help_text="How many backups were deleted.")
    calls = models.PositiveIntegerField(default=0, help_text="How many call records were deleted.")
    verified_at = models.DateTimeField(
        null=True, help_text="Instant (UTC) at which nothing was left in database, storage and edge."
    )
    public_key = models.CharField(max_length=44, blank=True, help_text="Ed25519, base64: whose signature.")
    signature = models.CharField(max_length=128, blank=True, help_text="Ed25519 over the record, base64.")

    class Meta:
        ordering = ("deleted_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, signature="", public_key="")
                | Q(verified_at__isnull=False) & ~Q(signature="") & ~Q(public_key=""),
                name="deletion_signed_when_verified",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} deleted on {self.deleted_on}"


class CallKind(models.TextChoices):
    """Where a call came from and went to."""

    INTERNAL = "internal", "inside"
    OUTBOUND = "outbound", "to the telephone network"
    INBOUND = "inbound", "from the telephone network"
    EMERGENCY = "emergency", "for help"


class CallRecord(models.Model):
    """A call that ended or was refused, as the edge told of it; kept for six months."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone_system = models.ForeignKey(PhoneSystem, models.CASCADE, related_name="calls", db_index=False)
    kind = models.CharField(max_length=9, choices=CallKind.choices)
    caller = models.CharField(max_length=64)
    called = models.CharField(max_length=64)
    began_at = models.DateTimeField(db_index=True, help_text="Instant of the call (UTC).")
    answered_at = models.DateTimeField(null=True, blank=True, help_text="Instant of the answer (UTC).")
    ended_at = models.DateTimeField(help_text="Instant of the end (UTC).")
    cause = models.PositiveSmallIntegerField(help_text="SIP status it ended with; 200 for one that was held.")
    lacked_line = models.BooleanField(
        default=False, help_text="Whether it was refused because all trunk lines were busy (rule 8.1)."
    )

    class Meta:
        ordering = ("-began_at",)
        indexes = (models.Index(fields=["phone_system", "-began_at"], name="call_of_phone_system"),)
        constraints = (models.CheckConstraint(condition=Q(kind__in=CallKind.values), name="call_kind_known"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.caller} {self.called}"


class EdgeRevision(models.Model):
    """How often what one of the edge's views shows was changed (``edges/kamailio/views.py``)."""

    name = models.CharField(max_length=16, primary_key=True, help_text="Of the view, without its prefix.")
    revision = models.PositiveIntegerField(help_text="Grows with each transaction that changes it.")

    def __str__(self) -> str:
        return f"{self.name} {self.revision}"


class RecordedTenant(models.Model):
    """What the recording edge knows of a phone system: it stands in for a telephone edge, with the same
    contract.
    """

    sip_label = models.CharField(max_length=63, primary_key=True)
    phone_system_id = models.UUIDField(help_text="Whose tenant it is.")
    revision = models.PositiveIntegerField(
        help_text="The revision it was last pushed with; older ones are ignored."
    )
    known = models.JSONField(help_text="The tenant as it was last pushed.")
    pushed_at = models.DateTimeField(help_text="Instant of the last push (UTC).")

    def __str__(self) -> str:
        return self.sip_label
