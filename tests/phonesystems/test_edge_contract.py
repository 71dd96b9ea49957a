"""What every telephone edge must do that is told of phone systems. Kamailio, which reads them where they are
written, is held to the same in ``tests/edge/test_contract.py``, with phone systems that exist.
"""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec
import pytest

from switchroom.phonesystems.edges import EDGES
from switchroom.phonesystems.edges.contract import (
    Edge,
    Live,
    Tenant,
    TenantEndpoint,
    TenantGroup,
    TenantNumber,
    TenantRing,
)

ACME = UUID("0197a000-0000-7000-8000-000000000001")
SUCCESSOR = UUID("0197a000-0000-7000-8000-000000000002")


@pytest.fixture(params=sorted(set(EDGES) - {"kamailio"}))
def tried(request: pytest.FixtureRequest, db: None) -> Edge:
    return EDGES[request.param]()


def tenant(**changes: object) -> Tenant:
    acme = Tenant(
        label="acme",
        phone_system_id=ACME,
        revision=5,
        realm="r" * 32,
        is_on=True,
        trunk_lines=2,
        endpoints=(
            TenantEndpoint(sip_user="20-abcd", ha1="0" * 32, extension="20", over=False),
            TenantEndpoint(sip_user="21-efgh", ha1="1" * 32, extension="21", over=True),
        ),
        numbers=(
            TenantNumber(e164="+493023125001", over=False),
            TenantNumber(e164="+493023125002", over=True, group="50"),
        ),
        groups=(TenantGroup("50", in_order=True, rings=(TenantRing("20-abcd", 20),)),),
    )
    return msgspec.structs.replace(acme, **changes)


def test_it_knows_what_was_pushed(tried: Edge) -> None:
    assert tried.known("acme") is None
    tried.push(tenant())
    assert tried.known("acme") == tenant()
    assert tried.known("other") is None


def test_nobody_calls_where_nobody_registers(tried: Edge) -> None:
    tried.push(tenant())
    assert tried.live("acme", phone_system_id=ACME, sip_users=["20-abcd"]) == Live(0, {})


def test_it_says_of_many_at_once_what_it_knows(tried: Edge) -> None:
    other = tenant(label="other", phone_system_id=SUCCESSOR)
    tried.push(tenant())
    tried.push(other)
    assert tried.known_among(["acme", "other", "third"]) == {"acme": tenant(), "other": other}
    assert tried.known_among([]) == {}
    assert tried.holders_of(["other", "third"]) == {"other": SUCCESSOR}
    tried.delete("other", phone_system_id=SUCCESSOR)
    assert tried.holders_of(["acme", "other"]) == {"acme": ACME}


def test_a_push_may_be_repeated(tried: Edge) -> None:
    tried.push(tenant())
    tried.push(tenant())
    assert tried.known("acme") == tenant()


def test_a_newer_revision_replaces_the_whole_tenant(tried: Edge) -> None:
    tried.push(tenant())
    newer = tenant(revision=6, is_on=False, endpoints=(), numbers=())
    tried.push(newer)
    assert tried.known("acme") == newer


def test_an_older_revision_that_comes_late_is_ignored(tried: Edge) -> None:
    tried.push(tenant())
    tried.push(tenant(revision=4, is_on=False))
    assert tried.known("acme") == tenant()


def test_a_follow_up_takes_the_label_over_and_late_news_of_the_old_one_is_ignored(tried: Edge) -> None:
    tried.push(tenant())
    successor = tenant(phone_system_id=SUCCESSOR, revision=6)
    tried.push(successor)
    tried.push(tenant())
    assert tried.known("acme") == successor


def test_what_was_deleted_is_gone(tried: Edge) -> None:
    tried.push(tenant())
    tried.push(tenant(label="other", phone_system_id=SUCCESSOR))
    assert not tried.is_gone("acme", phone_system_id=ACME)
    tried.delete("acme", phone_system_id=ACME)
    assert tried.is_gone("acme", phone_system_id=ACME)
    assert tried.known("acme") is None
    assert tried.known("other") is not None


def test_deleting_may_be_repeated_and_what_was_never_known_is_gone(tried: Edge) -> None:
    tried.push(tenant())
    tried.delete("acme", phone_system_id=ACME)
    tried.delete("acme", phone_system_id=ACME)
    assert tried.is_gone("acme", phone_system_id=ACME)
    tried.delete("never", phone_system_id=uuid4())
    assert tried.is_gone("never", phone_system_id=uuid4())


def test_deleting_spares_whoever_has_the_label_by_now(tried: Edge) -> None:
    tried.push(tenant(phone_system_id=SUCCESSOR))
    tried.delete("acme", phone_system_id=ACME)
    assert tried.is_gone("acme", phone_system_id=ACME)
    assert tried.known("acme") == tenant(phone_system_id=SUCCESSOR)


def test_after_a_deletion_the_label_can_be_pushed_again(tried: Edge) -> None:
    tried.push(tenant())
    tried.delete("acme", phone_system_id=ACME)
    tried.push(tenant(phone_system_id=SUCCESSOR, revision=6))
    assert not tried.is_gone("acme", phone_system_id=SUCCESSOR)
