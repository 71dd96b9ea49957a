"""The operators' look-up: everything can be opened, nothing can be changed, and nobody else comes in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import User
from switchroom.billing.models import Invoice
from switchroom.plumbing.models import OutboxEntry
from tests.cast import Town

AT = datetime(2026, 6, 16, 10, tzinfo=UTC)
OURS = sorted(
    (model for model in admin.site._registry if model.__module__.startswith("switchroom.")),
    key=lambda model: model._meta.label,
)


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.com", "a long pass phrase"))
    return client


def test_an_operator_can_look_everything_up_and_change_nothing(operator: Client) -> None:
    Town().on("2026-06-16").customer("Dana").starts_trial().grows_to(one=4).sets_up(endpoints=1, numbers=1)
    assert len(OURS) == 16
    for model in OURS:
        noun = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert operator.get(reverse(f"{noun}_changelist")).status_code == 200, noun
        assert operator.get(reverse(f"{noun}_add")).status_code == 403, noun
        row = model._default_manager.first()
        if row is not None:
            page = reverse(f"{noun}_change", args=[row.pk])
            assert operator.get(page).status_code == 200, noun
            assert operator.post(page, {}).status_code == 403, noun
            assert operator.post(reverse(f"{noun}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_an_issued_document_shows_its_lines_and_stays_as_it_is(operator: Client) -> None:
    Town().on("2026-06-16").customer("Dana").starts_trial().grows_to(one=4)
    invoice = Invoice.objects.get()
    page = operator.get(reverse("admin:billing_invoice_change", args=[invoice.pk]))
    assert b"R-2026-000001" in page.content
    assert b'name="_save"' not in page.content
    operator.post(reverse("admin:billing_invoice_change", args=[invoice.pk]), {"net_minor": "1"})
    assert Invoice.objects.get().net_minor == 6000


def test_an_operator_tries_again_what_was_given_up_and_nothing_else(operator: Client) -> None:
    made: dict[str, Any] = {
        "kind": "mail",
        "payload": {"text": "code 123456"},
        "created_at": AT,
        "failures": 36,
    }
    dead = OutboxEntry.objects.create(**made, dead_at=AT, last_error="OSError('the mail server is away')")
    done = OutboxEntry.objects.create(**made, done_at=AT)
    page = reverse("admin:plumbing_outboxentry_changelist")
    for ending, shown in (("open", 0), ("done", 1), ("dead", 1), ("", 2)):
        answer = operator.get(page, {"ending": ending} if ending else {})
        assert answer.context["cl"].result_count == shown
    answer = operator.post(page, {"action": "try_again", "_selected_action": [dead.pk, done.pk]}, follow=True)
    assert "1 of 2 are tried again." in answer.content.decode()
    dead.refresh_from_db()
    assert (dead.dead_at, dead.failures) == (None, 0)
    assert OutboxEntry.objects.get(pk=done.pk).done_at == AT
    assert (
        "123456"
        not in operator.get(reverse("admin:plumbing_outboxentry_change", args=[dead.pk])).content.decode()
    )


def test_the_engine_of_the_outbox_has_no_page_of_its_own() -> None:
    assert [model for model in admin.site._registry if model._meta.app_label == "procrastinate"] == []


def test_a_customer_is_sent_away(db: None) -> None:
    dana = Town().on("2026-06-16").customer("Dana")
    client = Client()
    client.force_login(dana.user)
    assert client.get("/admin/").status_code in (302, 403)
    assert client.get(reverse("admin:billing_invoice_changelist")).status_code in (302, 403)
