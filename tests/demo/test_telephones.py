"""Where the town's telephone edge cannot run, one line says why; in ``tests/edge`` it runs."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings

from switchroom.demo import telephones as of_town
from switchroom.demo.telephones import telephones
from switchroom.phonesystems.models import PhoneSystem, RecordedTenant
from switchroom.phonesystems.operations import tenant_of
from tests.cast import Town
from tests.installations import settings_with


@pytest.mark.django_db
def test_where_it_cannot_the_recorder_catches_up_and_one_line_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing: list[str] = ["Kamailio is not installed.", "No carrier is set (SWITCHROOM_EDGE_CARRIERS)."]
    monkeypatch.setattr(of_town, "what_is_missing", lambda _: missing)
    Town().on("2026-06-01").customer("Dana").starts_trial()
    RecordedTenant.objects.update(phone_system_id=uuid4())  # one that another edge saw deleted
    with telephones() as said:
        assert said == "Phones cannot register here: Kamailio is not installed."
        assert settings.INSTALLATION.telephone_edge == "recorder"
    (phone_system,) = PhoneSystem.objects.all()
    (known,) = RecordedTenant.objects.all()
    assert (known.phone_system_id, known.revision) == (phone_system.id, tenant_of(phone_system).revision)


@pytest.mark.django_db
def test_whoever_has_chosen_the_recorder_keeps_it() -> None:
    with settings_with(telephone_edge="recorder"), telephones() as said:
        assert (said, settings.INSTALLATION.telephone_edge) == ("", "recorder")
