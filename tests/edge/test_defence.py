"""What the edge does not put up with, and that it goes on serving while it does not."""

from __future__ import annotations

import random
import socket

import pytest

from tests.edge.conftest import EdgeTown, wait_for
from tests.edge.messages import Message, token
from tests.edge.phone import NoAnswer, Phone
from tests.edge.test_registering import said

NASTY = (b"\r\n", b"\x00", b":", b"<", b";;;;", b"%s%n", b"999999999999")
TRIES, FROM_ONE_PLACE = 5_000, 50


def from_elsewhere(edge_town: EdgeTown, phone: Phone, host: str) -> Phone:
    """The same phone, at a place of its own: what happens to it there happens to nobody else."""
    return Phone(phone.edge, phone.domain, phone.user, phone.secret, host=host)


def test_known_scanners_get_no_answer(edge_town: EdgeTown) -> None:
    phone = edge_town.customer().phone("20", registered=False)
    phone.patience = 1.0
    with pytest.raises(NoAnswer):
        phone.register({"user-agent": "friendly-scanner"})
    phone.patience = 6.0
    assert phone.register({"user-agent": "Snom D785"}).status == 200


def test_a_user_whose_secret_is_guessed_at_is_refused_for_a_while(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    guess = from_elsewhere(edge_town, acme.phone("20", registered=False), "127.0.0.3")
    right, guess.secret = guess.secret, "guessed"
    for _ in range(10):
        assert guess.register().status == 401
    assert said(guess.register()) == (403, "Too Many Failures")
    guess.secret = right
    assert said(guess.register()) == (403, "Too Many Failures")
    assert acme.phone("20").register().status == 200  # from where nobody guessed
    wait_for(lambda: guess.register().status == 200, seconds=8)


def test_a_source_that_tries_many_users_is_not_answered_for_a_while(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    scan = from_elsewhere(edge_town, acme.phone("20", registered=False), "127.0.0.4")
    right = scan.user
    for number in range(100):
        scan.user = f"{number}-xxxx"
        assert scan.register().status == 403
    scan.user, scan.patience = right, 1.0
    with pytest.raises(NoAnswer):
        scan.register()
    assert acme.phone("20").register().status == 200
    assert any(one.facts.get("source") == "127.0.0.4" for one in edge_town.said)


def test_help_is_called_from_where_somebody_is_banned(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = from_elsewhere(edge_town, acme.phone("20", registered=False), "127.0.0.7")
    colleague = from_elsewhere(edge_town, acme.phone("21", registered=False), "127.0.0.7")
    right, phone.secret = phone.secret, "guessed"
    for _ in range(11):
        phone.register()
    phone.secret = right
    assert said(phone.call("112")) == (200, "OK")  # though the user is refused for a while
    for number in range(100):
        phone.user, phone.patience = f"{number}-xxxx", 1.0
        phone.register()
    colleague.patience = 1.0
    with pytest.raises(NoAnswer):
        colleague.call("+493012345678")
    assert said(colleague.call("112")) == (200, "OK")
    colleague.secret = "guessed"
    assert colleague.call("112").status == 407


def test_one_phone_with_a_wrong_secret_does_not_ban_its_office(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    wrong = from_elsewhere(edge_town, acme.phone("20", registered=False), "127.0.0.8")
    right = from_elsewhere(edge_town, acme.phone("21", registered=False), "127.0.0.8")
    for _ in range(3):
        for number in range(60):
            wrong.user = f"{number}-xxxx"
            assert wrong.register().status == 403
        assert right.register().status == 200


def test_what_cannot_be_answered_is_refused_in_words(edge_town: EdgeTown) -> None:
    phone = edge_town.customer().phone("20")
    assert phone.register({"max-forwards": "0"}).reason == "Too Many Hops"
    headers = [(name, value) for name, value in phone_headers(phone, "MESSAGE")]
    message = Message(f"MESSAGE sip:{phone.domain} SIP/2.0", headers)
    assert said(phone.answer_to(message)) == (405, "Method Not Allowed")


def test_malformed_messages_are_survived(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20")
    chance = random.Random(20260601)
    good = [
        Message(f"{method} sip:21@{phone.domain} SIP/2.0", list(phone_headers(phone, method))).text()
        for method in ("INVITE", "REGISTER", "BYE", "ACK", "CANCEL", "OPTIONS", "PRACK")
    ]
    for place in range(1, TRIES // FROM_ONE_PLACE + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((f"127.0.1.{place}", 0))  # so few from each that none is banned
            for _ in range(FROM_ONE_PLACE):
                sender.sendto(spoiled(chance.choice(good), chance), phone.edge)
        assert edge_town.is_up()
    assert phone.register().status == 200
    colleague = acme.phone("21")
    call = phone.call("21")
    assert (said(call), len(colleague.incoming)) == ((200, "OK"), 1)
    call.hang_up()


def phone_headers(phone: Phone, method: str) -> list[tuple[str, str]]:
    me = f"<sip:{phone.user}@{phone.domain}>"
    return [
        ("via", f"SIP/2.0/UDP {phone.address};branch=z9hG4bK{token()};rport"),
        ("from", f"{me};tag={token()}"),
        ("to", me),
        ("call-id", token()),
        ("cseq", f"1 {method}"),
        ("contact", f"<sip:{phone.user}@{phone.address}>"),
        ("max-forwards", "70"),
    ]


def spoiled(message: bytes, chance: random.Random) -> bytes:
    """A valid message with a few things wrong with it: bytes changed, cut out, doubled, swapped."""
    spoiled = bytearray(message)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(spoiled) or 1)
        length = chance.randint(1, 40)
        match chance.randrange(6):
            case 0:
                spoiled[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del spoiled[at : at + length]
            case 2:
                spoiled[at:at] = spoiled[at : at + length] * chance.randint(1, 50)
            case 3:
                spoiled[at:at] = bytes(chance.randrange(256) for _ in range(length))
            case 4:
                del spoiled[at:]
            case _:
                spoiled[at:at] = chance.choice(NASTY)
    return bytes(spoiled[:60_000])
