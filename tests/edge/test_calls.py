"""Calls as people make them: inside, out to the telephone network and in from it (rules 8.1 and 8.3)."""

from __future__ import annotations

import time

import pytest

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.messages import Message, token, user_in
from tests.edge.test_registering import said


def outward(edge_town: EdgeTown, before: int) -> Message:
    """The one call that reached the carrier since it had taken so many."""
    (call,) = edge_town.carrier.incoming[before:]
    return call


def test_colleagues_call_each_other_by_extension(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    desk, hall = acme.phone("20"), acme.phone("21")
    call = desk.call("21")
    assert said(call) == (200, "OK")
    assert acme.lines_in_use() == 0
    assert call.hang_up() == 200
    wait_for(lambda: len(hall.ended) == 1)


def test_an_extension_that_nobody_has_is_no_number_either(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    assert said(acme.phone("20").call("77")) == (484, "Dial With Area Code")


@pytest.mark.parametrize("dialled", ["+493012345678", "00493012345678", "03012345678", "030-123 45678"])
def test_numbers_are_dialled_as_people_here_do(edge_town: EdgeTown, dialled: str) -> None:
    acme = edge_town.customer()
    before = len(edge_town.carrier.incoming)
    call = acme.phone("20").call(dialled.replace(" ", "%20") if " " in dialled else dialled)
    assert said(call) == (200, "OK")
    assert outward(edge_town, before).uri.startswith("sip:+493012345678@")
    assert acme.lines_in_use() == 1
    assert call.hang_up() == 200
    wait_for(lambda: acme.lines_in_use() == 0)


def test_the_caller_is_shown_with_a_number_of_its_own(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(numbers=2), edge_town.customer()
    main, second = acme.numbers
    phone = acme.phone("20")

    def shown(wanted: str | None) -> str:
        before = len(edge_town.carrier.incoming)
        wish = {} if wanted is None else {"p-preferred-identity": f"<sip:{wanted}@{acme.domain}>"}
        call = phone.call("+493012345678", wish)
        assert said(call) == (200, "OK")
        call.hang_up()
        sent = outward(edge_town, before)
        assert sent["p-preferred-identity"] == ""
        assert user_in(sent["p-asserted-identity"]) == user_in(sent["from"])
        return user_in(sent["from"])

    assert shown(None) == main
    assert shown(second) == second
    assert shown(f"0{second[3:]}") == second
    assert shown(zeta.numbers[0]) == main
    assert shown("+4917012345678") == main


def test_who_claims_to_be_somebody_to_the_carrier_is_not_believed(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    before = len(edge_town.carrier.incoming)
    claim = "<sip:+4917012345678@example.com>"
    call = acme.phone("20").call("+493012345678", {"p-asserted-identity": claim})
    assert said(call) == (200, "OK")
    call.hang_up()
    asserted = outward(edge_town, before).all("p-asserted-identity")
    assert [user_in(one) for one in asserted] == acme.numbers


def test_without_a_number_nobody_calls_out(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(numbers=0)
    assert said(acme.phone("20").call("+493012345678")) == (403, "No Phone Number To Call From")


def test_a_call_from_outside_rings_all_phones_and_the_first_to_answer_has_it(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    hall, desk = acme.phone("20"), acme.phone("21")
    hall.answering = lambda _: None
    desk.answering = after_a_moment
    call = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")
    assert said(call) == (200, "OK")
    wait_for(lambda: (len(hall.incoming), len(desk.incoming)) == (1, 1))
    wait_for(lambda: len(hall.ended) == 1)
    assert acme.lines_in_use() == 1
    assert call.hang_up() == 200
    wait_for(lambda: len(desk.ended) == 1 and acme.lines_in_use() == 0)


def after_a_moment(_: Message) -> tuple[int, str]:
    time.sleep(0.5)
    return 200, "OK"


def test_a_call_from_outside_to_nobody_says_why(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    number = f"sip:{acme.numbers[0]}@127.0.0.1"
    assert said(edge_town.carrier.call(number)) == (480, "Phone Not Registered")
    assert said(edge_town.carrier.call("sip:+4930999999@127.0.0.1")) == (404, "No Such Number")
    assert acme.lines_in_use() == 0


def test_only_carriers_call_in_without_a_login(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    acme.phone("20")
    stranger = acme.phone("21", registered=False)
    stranger.secret = ""
    assert stranger.call(f"sip:{acme.numbers[0]}@{acme.domain}").status == 407
    stranger.domain = "example.net"
    assert said(stranger.call(f"sip:{acme.numbers[0]}@{acme.domain}")) == (404, "No Such Phone System")


def test_who_pretends_to_be_within_a_call_reaches_nobody(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    call = phone.call("+493012345678")
    assert said(call) == (200, "OK")
    before = len(edge_town.carrier.incoming)
    forger = acme.phone("21", registered=False)
    for method in ("INVITE", "REFER", "UPDATE"):
        forged = forger.within(call, method, headers={"call-id": token()})
        forged.first = f"{method} sip:+491901234@{edge_town.carrier.address} SIP/2.0"
        assert said(forger.answer_to(forged)) == (481, "Call Does Not Exist")
    assert len(edge_town.carrier.incoming) == before
    assert phone.request_within(call, "INVITE").status == 200  # a call of ours may be changed
    assert call.hang_up() == 200


def test_a_call_inside_is_not_led_to_a_carrier_by_another_address(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, _colleague = acme.phone("20"), acme.phone("21")
    call = phone.call("21")
    assert said(call) == (200, "OK")
    before = len(edge_town.carrier.incoming)
    for method in ("INVITE", "REFER", "UPDATE"):
        changed = phone.within(call, method)
        changed.first = f"{method} sip:+491901234@{edge_town.carrier.address} SIP/2.0"
        assert said(phone.answer_to(changed)) == (481, "Call Does Not Exist")
    assert len(edge_town.carrier.incoming) == before
    assert phone.request_within(call, "INVITE").status == 200
    assert call.hang_up() == 200


def test_no_call_crosses_from_one_phone_system_to_another(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(), edge_town.customer()
    phone, other = acme.phone("20"), zeta.phone("20")
    for target in (
        f"sip:20@{zeta.domain}",
        f"sip:{other.user}@{zeta.domain}",
        f"sip:{other.user}@{other.address}",
    ):
        assert said(phone.call(target)) == (403, "Other Domains Are Not Called")
    assert said(phone.call(other.user)) == (484, "Dial With Area Code")
    before = len(edge_town.carrier.incoming)
    call = phone.call(zeta.numbers[0])
    assert said(call) == (200, "OK")
    call.hang_up()
    assert outward(edge_town, before).uri.startswith(f"sip:{zeta.numbers[0]}@")
    assert other.incoming == []


def test_a_call_ends_for_both_when_the_other_side_hangs_up_first(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    phone.answering = lambda _: (486, "Busy Here")
    answer = edge_town.carrier.call(f"sip:{acme.numbers[0]}@127.0.0.1")
    assert said(answer) == (486, "Busy Here")
    wait_for(lambda: acme.lines_in_use() == 0)


def test_when_a_carrier_cannot_the_next_one_is_asked_as_it_writes_numbers(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, first, second = acme.phone("20"), edge_town.carrier, edge_town.second_carrier
    first.answering = lambda _: (503, "Service Unavailable")
    try:
        call = phone.call("+493012345678")
        assert said(call) == (200, "OK")
        assert second.incoming[-1].uri.startswith("sip:99493012345678@")
        assert acme.lines_in_use() == 1
        call.hang_up()
        wait_for(lambda: acme.lines_in_use() == 0)
        help_ = phone.call("112")
        assert (said(help_), user_in(second.incoming[-1].uri)) == ((200, "OK"), "112")
        help_.hang_up()
        second.answering = first.answering
        assert said(phone.call("+493012345678")) == (503, "No Carrier Available")
        wait_for(lambda: acme.lines_in_use() == 0)
    finally:
        first.answering = second.answering = lambda _: (200, "OK")
    first.answering = lambda _: (404, "Not Found")  # an answer of the person called is no reason to ask on
    taken = len(second.incoming)
    assert said(phone.call("+493012345678")) == (404, "Not Found")
    assert len(second.incoming) == taken
    first.answering = lambda _: (200, "OK")


def test_each_carrier_calls_in_as_it_writes_numbers(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, number = acme.phone("20"), acme.numbers[0]
    for carrier, written in ((edge_town.carrier, f"00{number[1:]}"), (edge_town.second_carrier, number[1:])):
        call = carrier.call(f"sip:{written}@127.0.0.1")
        assert said(call) == (200, "OK")
        call.hang_up()
    assert len(phone.incoming) == 2
