"""One installation on several hosts: they share the work, and one that is cut off in the middle of an effect
is replaced, so that it happens exactly once.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.db import transaction

from switchroom.plumbing import outbox
from switchroom.plumbing.models import AuditEvent, OutboxEntry
from tests.hosts.conftest import Provider, answers, get, looking_into, wait_until
from tests.hosts.worker import CAUGHT, NOTED

pytestmark = pytest.mark.django_db(transaction=True)


def who_did(note: str) -> Counter[str]:
    """On which hosts it was done, as far as it is committed."""
    return Counter(AuditEvent.objects.filter(kind=note).values_list("actor", flat=True))


def all_done() -> bool:
    return not OutboxEntry.objects.filter(kind__in=(NOTED, CAUGHT), done_at=None).exists()


def test_a_host_of_its_own_serves_the_portal(provider: Provider) -> None:
    address = f"http://{provider.portal.address}:8000"
    wait_until(lambda: answers(f"{address}/healthz"), provider)
    assert get(f"{address}/readyz") == (200, '{"ready": true, "missing": []}')
    status, page = get(f"{address}/accounts/login/")
    assert status == 200
    assert "Switchroom" in page


def test_hosts_share_what_is_promised(provider: Provider) -> None:
    payload = {"note": "shared", "to": provider.address}

    def both_have_worked() -> bool:
        with transaction.atomic():
            outbox.defer_many(NOTED, ((None, payload) for _ in range(20)))
        wait_until(all_done, provider)
        return len(who_did("shared")) == 2

    with looking_into(provider):
        wait_until(both_have_worked, provider)
        done = who_did("shared")
        assert set(done) == {host.address for host in provider.workers}
        assert done.total() == OutboxEntry.objects.filter(kind=NOTED).count(), "each exactly once"


def test_the_other_finishes_what_one_that_is_cut_off_had_begun(provider: Provider, tmp_path: Path) -> None:
    """Its transaction is open and holds a lock that the other needs; nobody tells the server that it is
    gone.
    """
    trap = tmp_path / "trap"

    def victim_works_again() -> bool:
        with transaction.atomic():
            outbox.defer_many(NOTED, [(None, {"note": "again", "to": provider.address})] * 20)
        wait_until(all_done, provider)
        return victim.address in who_did("again")

    with looking_into(provider):
        with transaction.atomic():
            outbox.defer(CAUGHT, {"note": "caught", "to": provider.address, "trap": str(trap)}, key="once")
        wait_until(lambda: trap.exists() and trap.read_text() != "", provider)
        (victim,) = (host for host in provider.workers if host.address == trap.read_text())
        (other,) = (host for host in provider.workers if host != victim)
        victim.cut_off()
        try:
            assert who_did("caught") == {}
            wait_until(all_done, provider)
            assert who_did("caught") == {other.address: 1}
            trap.unlink()
        finally:
            victim.connect()
        wait_until(victim_works_again, provider)
        assert who_did("caught") == {other.address: 1}, "what it did while it was away is not kept"
        assert OutboxEntry.objects.get(key="once").failures == 1
