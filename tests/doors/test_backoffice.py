"""The operators' look-up: everything can be opened, nothing can be changed, and nobody else comes in."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import User
from switchroom.billing.models import Invoice
from tests.cast import Town

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


def test_a_customer_is_sent_away(db: None) -> None:
    dana = Town().on("2026-06-16").customer("Dana")
    client = Client()
    client.force_login(dana.user)
    assert client.get("/admin/").status_code in (302, 403)
    assert client.get(reverse("admin:billing_invoice_changelist")).status_code in (302, 403)
