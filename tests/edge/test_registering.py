"""Who may register: an endpoint with its own secret, one device at a time, in its own domain (rule 8.2)."""

from __future__ import annotations

from switchroom.plumbing import clock
from tests.edge.conftest import EdgeTown
from tests.edge.messages import uri_in


def said(answer: object) -> tuple[int, str]:
    return answer.status, answer.reason  # type: ignore[attr-defined]


def test_an_endpoint_registers_with_its_secret_and_nobody_else(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone = acme.phone("20", registered=False)
    assert said(phone.register()) == (200, "OK")
    phone.secret = "wrong"
    assert phone.register().status == 401
    phone.user = "99-none"
    assert said(phone.register()) == (403, "No Such Endpoint")
    phone.domain = "nobody.phones.example.com"
    assert said(phone.register()) == (404, "No Such Phone System")
    phone.domain = "example.net"
    assert said(phone.register()) == (404, "No Such Phone System")


def test_nobody_registers_for_another_endpoint(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    other, _ = acme.secrets["21"]
    phone = acme.phone("20", registered=False)
    answer = phone.register({"to": f"<sip:{other}@{acme.domain}>"})
    assert said(answer) == (403, "Identity Mismatch")


def test_credentials_of_one_phone_system_are_worth_nothing_in_another(edge_town: EdgeTown) -> None:
    acme, zeta = edge_town.customer(), edge_town.customer()
    phone = acme.phone("20", registered=False)
    phone.domain = zeta.domain
    assert said(phone.register()) == (403, "No Such Endpoint")
    answer = acme.phone("20", registered=False).register({"to": f"<sip:{phone.user}@{zeta.domain}>"})
    assert said(answer) == (403, "Identity Mismatch")


def test_the_newest_device_of_an_endpoint_wins(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    old, caller = acme.phone("20"), acme.phone("21")
    new = acme.phone("20")
    assert said(caller.call("20")) == (200, "OK")
    assert (len(new.incoming), len(old.incoming)) == (1, 0)
    answer = new.register(expires=600)
    assert [uri_in(contact) for contact in answer.all("contact")] == [f"sip:{new.user}@{new.address}"]


def test_a_phone_that_signs_off_is_no_longer_called(edge_town: EdgeTown) -> None:
    acme = edge_town.customer()
    phone, caller = acme.phone("20"), acme.phone("21")
    assert phone.register(expires=0).status == 200
    assert said(caller.call("20")) == (480, "Phone Not Registered")


def test_a_new_endpoint_works_and_a_removed_one_does_not_within_a_second(edge_town: EdgeTown) -> None:
    acme = edge_town.customer(endpoints=1)
    acme.changes(endpoint_limit=2)
    added = acme.adds_endpoint("21")
    edge_town.follows()
    phone = acme.phone("21")
    added.delete()
    edge_town.follows()
    assert said(phone.register()) == (403, "No Such Endpoint")


def test_a_new_secret_replaces_the_old_one(edge_town: EdgeTown) -> None:
    from django.db import transaction

    from switchroom.phonesystems.endpoints import new_secret

    acme = edge_town.customer()
    phone = acme.phone("20")
    endpoint = acme.customer.phone_system.endpoints.get(extension="20")  # type: ignore[union-attr]
    with transaction.atomic():
        secret = new_secret(endpoint=endpoint, at=clock.now())
    edge_town.follows()
    assert phone.register().status == 401
    phone.secret = secret
    assert phone.register().status == 200
