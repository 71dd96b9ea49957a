"""The provider that ``bench`` measures is a real one: its rows fit the schema, and its books agree."""

from __future__ import annotations

import pytest

from bench import _provider
from switchroom.billing.models import Invoice
from switchroom.jobs import audit, bill
from switchroom.plumbing import clock, outbox

ACCOUNTS = 40


@pytest.mark.django_db
def test_the_provider_that_is_measured_has_books_that_agree() -> None:
    _provider.put_on_sale()
    clock.move_to(_provider.RUN_ON)
    _provider.seed(ACCOUNTS)
    written = Invoice.objects.count()
    assert audit.main(["--on", "2025-11-30"]) == 0
    assert bill.main(["--month", "2025-12"]) == 0
    assert Invoice.objects.count() == written + ACCOUNTS
    outbox.drain()
    assert audit.main(["--on", "2025-12-01"]) == 0
