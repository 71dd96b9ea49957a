"""The recording edge: it notes down what a telephone edge would do.

It is the edge of installations for trying and of tests, and keeps the same contract as a real one.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from switchroom.phonesystems.edges.contract import Live, Tenant
from switchroom.phonesystems.models import RecordedTenant
from switchroom.plumbing import clock


class RecordingEdge:
    """Keeps each tenant as a row. It carries no calls."""

    carries_calls = False

    def live(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> Live:
        """This function will return nothing: nobody calls and nobody registers."""
        return Live(lines_in_use=0, registrations={})

    def push(self, tenant: Tenant) -> None:
        """This function will note the tenant, unless a newer revision of its label is noted."""
        noted = {
            "phone_system_id": tenant.phone_system_id,
            "revision": tenant.revision,
            "known": msgspec.to_builtins(tenant),
            "pushed_at": clock.now(),
        }
        with transaction.atomic():
            _, is_new = RecordedTenant.objects.get_or_create(sip_label=tenant.label, defaults=noted)
            if not is_new:
                older = RecordedTenant.objects.filter(sip_label=tenant.label, revision__lte=tenant.revision)
                older.update(**noted)

    def delete(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> None:
        """This function will remove the note, unless the label is another's by now."""
        RecordedTenant.objects.filter(sip_label=sip_label, phone_system_id=phone_system_id).delete()

    def is_gone(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> bool:
        """This function will say whether there is no note of this phone system under this label."""
        return not RecordedTenant.objects.filter(
            sip_label=sip_label, phone_system_id=phone_system_id
        ).exists()

    def known(self, sip_label: str) -> Tenant | None:
        """This function will return the tenant noted under a label, none when there is none."""
        note = RecordedTenant.objects.filter(sip_label=sip_label).first()
        return None if note is None else msgspec.convert(note.known, Tenant)

    def known_among(self, sip_labels: Collection[str]) -> dict[str, Tenant]:
        """This function will return the tenants noted under these labels, in one query."""
        notes = RecordedTenant.objects.filter(sip_label__in=sip_labels)
        known: dict[str, Tenant] = {}
        for label, noted in notes.values_list("sip_label", Cast("known", TextField())):
            with suppress(msgspec.ValidationError):
                known[label] = msgspec.json.decode(noted, type=Tenant)
        return known

    def holders_of(self, sip_labels: Collection[str]) -> dict[str, UUID]:
        """This function will say whose note each of these labels has, in one query."""
        notes = RecordedTenant.objects.filter(sip_label__in=sip_labels)
        return dict(notes.values_list("sip_label", "phone_system_id"))
