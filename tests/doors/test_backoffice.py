"""The operators' look-up: everything can be opened, nothing can be changed, and nobody else comes in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import User
from switchroom.billing.models import BillingChunk, BillingRun, Invoice, ParkedAccount
from switchroom.plumbing.models import OutboxEntry
from tests.cast import Customer, Town
from tests.journeys.runs import bills, facts_can_be_broken, monthly, street

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
    assert len(OURS) == 19
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


@pytest.fixture
def parked(db: None) -> Customer:
    """Bea could not be billed for July, because one of her items is missing; Abel and Cem were."""
    town = Town().on("2026-06-01")
    _, bea, _ = street(town, 3)
    town.sleeps_until("2026-07-01")
    facts_can_be_broken()
    bea.subscription.items.update(sequence=2)
    bills("2026-07")
    return bea


def mend(customer: Customer) -> None:
    customer.subscription.items.update(sequence=1)


def text_of(answer: Any) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())


def test_an_operator_sees_how_a_billing_run_went(operator: Client, parked: Customer) -> None:
    page = reverse("admin:billing_billingrun_changelist")
    run = BillingRun.objects.get()
    assert re.search(f" July 1, 2026 3 3 2 60.00 € 1 .* {run.started_by} ", text_of(operator.get(page)))
    shown = operator.get(reverse("admin:billing_billingrun_change", args=[run.pk]))
    chunk = BillingChunk.objects.get()
    assert str(chunk.first_account_id) in text_of(shown)
    assert b'name="_save"' not in shown.content


def test_an_operator_reads_why_an_account_is_parked_and_tries_it_again(
    operator: Client, parked: Customer
) -> None:
    """While nothing is mended it stays parked, with today's reason; then it is billed at once."""
    page = reverse("admin:billing_parkedaccount_changelist")
    assert "is missing" in text_of(operator.get(page))
    again = {"action": "try_again", "_selected_action": [parked.account.pk]}
    answer = text_of(operator.post(page, again, follow=True))
    assert f"{parked.account} stays parked: item 1 of subscription " in answer
    assert monthly("2026-07") == ["Abel", "Cem"]
    mend(parked)
    assert f"{parked.account} is billed." in text_of(operator.post(page, again, follow=True))
    assert monthly("2026-07") == ["Abel", "Cem", "Bea"]
    assert not ParkedAccount.objects.exists()


@pytest.mark.parametrize(("rights", "may"), [(["view"], False), (["view", "change"], True)])
def test_who_may_only_look_cannot_try_again(parked: Customer, rights: list[str], may: bool) -> None:
    colleague = User.objects.create_user("colleague@example.com", is_staff=True)
    names = [f"{right}_parkedaccount" for right in rights]
    colleague.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(colleague)
    mend(parked)
    page = reverse("admin:billing_parkedaccount_changelist")
    assert ("Try again now" in client.get(page).content.decode()) is may
    client.post(page, {"action": "try_again", "_selected_action": [parked.account.pk]})
    assert ParkedAccount.objects.exists() is not may
    assert ("Bea" in monthly("2026-07")) is may
    assert (
        client.post(reverse("admin:billing_parkedaccount_delete", args=[parked.account.pk])).status_code
        == 403
    )


def test_the_engine_of_the_outbox_has_no_page_of_its_own() -> None:
    assert [model for model in admin.site._registry if model._meta.app_label == "procrastinate"] == []


def test_a_customer_is_sent_away(db: None) -> None:
    dana = Town().on("2026-06-16").customer("Dana")
    client = Client()
    client.force_login(dana.user)
    assert client.get("/admin/").status_code in (302, 403)
    assert client.get(reverse("admin:billing_invoice_changelist")).status_code in (302, 403)
