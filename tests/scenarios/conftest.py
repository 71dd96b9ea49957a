"""The town in which lives are lived; at the end of each its books are audited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from switchroom.journeys.audit import run_audit
from switchroom.plumbing.audit_trail import AuditEvent
from tests.cast import Town


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A town with nobody in it yet. Afterwards nothing is left to bill, to provide or to send, and the audit
    is content.
    """
    town = Town()
    yield town
    for customer in town.customers:
        assert customer.unread_refusal is None, f"{customer.name} was refused: {customer.unread_refusal}"
    events = AuditEvent.objects.count()
    town.run_day()
    assert AuditEvent.objects.count() == events, "the same day, lived once more, found something to do"
    assert town.unsent() == []
    assert run_audit(day=town.day) == []
