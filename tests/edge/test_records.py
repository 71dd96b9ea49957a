"""What happened to calls is written down for the portal, for six months, and goes with its phone system."""

from __future__ import annotations

from datetime import date, timedelta

from switchroom.jobs.edge import Records
from switchroom.phonesystems.calls import erase_old_calls
from switchroom.phonesystems.edges.kamailio.supervisor import Said
from switchroom.phonesystems.models import CallRecord, Endpoint
from switchroom.plumbing import clock
from tests.doors.store import Shopper, words
from tests.edge.conftest import EdgeTown, Tenant, wait_for

OUTSIDE = "+493012345678"


def written(tenant: Tenant, calls: int) -> list[CallRecord]:
    """Writes down what the edge told until so many calls of a tenant are there, oldest first."""
    edge_town, records = tenant.edge_town, Records()
    phone_system = tenant.customer.phone_system
    assert phone_system is not None
    wait_for(lambda: len(told(tenant)) >= calls)
    for one in told(tenant):
        records.hear(one)
    edge_town.said.clear()
    records.stop()
    records.write_forever()
    return list(phone_system.calls.order_by("began_at"))


def told(tenant: Tenant) -> list[Said]:
    phone_system = tenant.customer.phone_system
    assert phone_system is not None
    return [
        one
        for one in tenant.edge_town.said
        if one.facts.get("tenant", "").replace("-", "") == phone_system.id.hex
    ]


def test_each_call_is_told_of_when_it_is_over(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=1)
    phone, colleague = acme.phone("20"), acme.phone("21")
    out = phone.call(OUTSIDE)
    colleague.call(OUTSIDE)
    inside = colleague.call("20")
    inside.hang_up()
    help_ = colleague.call("112")
    help_.hang_up()
    out.hang_up()
    phone.answering = colleague.answering = lambda _: (486, "Busy Here")
    edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")
    calls = written(acme, 5)
    main = acme.numbers[0]
    assert [(one.kind, one.caller, one.called, one.cause, one.lacked_line) for one in calls] == [
        ("outbound", main, OUTSIDE, 200, False),
        ("outbound", main, OUTSIDE, 486, True),
        ("internal", colleague.user, "20", 200, False),
        ("emergency", main, "112", 200, False),
        ("inbound", "carrier", main, 486, False),
    ]
    assert [one.answered_at is not None for one in calls] == [True, False, True, True, False]
    for one in calls:
        assert one.began_at <= (one.answered_at or one.began_at) <= one.ended_at
        assert abs(one.ended_at - clock.now()) < timedelta(minutes=1)  # the town's, not the computer's


def test_who_writes_to_the_log_of_the_edge_makes_no_records(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone_system = acme.customer.phone_system
    assert phone_system is not None
    forged = f"x 0(1) NOTICE: <script>: {'0' * 32} CALL tenant={phone_system.id} kind=outbound"
    acme.phone("20").register({"call-id": forged, "user-agent": forged})
    assert told(acme) == []


def test_records_are_erased_after_six_months_and_with_their_phone_system(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    acme.phone("20").call("112").hang_up()
    (call,) = written(acme, 1)
    day = clock.local_day(call.began_at)
    assert erase_old_calls(day=day + timedelta(days=183)) == 0
    assert CallRecord.objects.filter(id=call.id).exists()
    erase_old_calls(day=day + timedelta(days=184))
    assert not CallRecord.objects.filter(id=call.id).exists()
    acme.phone("20").call("112").hang_up()
    (call,) = written(acme, 1)
    acme.is_deleted(date(2026, 6, 1))
    assert not CallRecord.objects.filter(id=call.id).exists()


def test_a_call_of_a_phone_system_that_is_gone_is_not_written(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    acme.phone("20").call("112").hang_up()
    wait_for(lambda: len(told(acme)) == 1)
    late = told(acme)
    acme.is_deleted(date(2026, 6, 1))
    before, records = CallRecord.objects.count(), Records()
    for one in late:
        records.hear(one)
    records.stop()
    records.write_forever()
    assert CallRecord.objects.count() == before


def test_the_page_shows_the_lines_in_use_while_a_call_runs(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(lines=2)
    shopper, subscription = Shopper(acme.customer.user), acme.customer.subscription_id
    call = acme.phone("20").call(OUTSIDE)
    for page in ("in_use", "phone_system"):
        assert "Trunk lines 1 of 2" in words(shopper.opens(page, subscription))
    call.hang_up()
    wait_for(lambda: "Trunk lines 0 of 2" in words(shopper.opens("in_use", subscription)))


def test_the_page_says_which_phones_are_registered_and_how(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=2)
    shopper, subscription = Shopper(acme.customer.user), acme.customer.subscription_id
    phone = acme.phone("20", registered=False)
    assert words(shopper.opens("phone_system", subscription)).count("Not registered") == 2
    assert phone.register({"user-agent": "Snom D785"}).status == 200
    said = words(shopper.opens("phone_system", subscription))
    assert f"20 Registered {phone.user}" in said
    assert said.count("Not registered") == 1
    endpoint = Endpoint.objects.get(sip_user=phone.user)
    said = words(shopper.opens("rename_endpoint", subscription, endpoint.id))
    assert f"Registered Snom D785 at {phone.address} Last heard of on 1 June 2026 at " in said
    phone.register(expires=0)
    assert words(shopper.opens("phone_system", subscription)).count("Not registered") == 2
