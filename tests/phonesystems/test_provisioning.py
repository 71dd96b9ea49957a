"""Setting up a soft phone by a picture: for a while, for one endpoint, with its present secret (rule 8.2)."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from pytest_django import Settings

from switchroom.phonesystems.endpoints import add_endpoint, ha1_of, new_secret, remove_endpoint
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.naming import sip_domain_of
from switchroom.phonesystems.provisioning import (
    GOOD_FOR_SECONDS,
    NAMESPACE,
    TicketRefused,
    account_of,
    configuration_of,
    ticket_for,
)
from switchroom.plumbing import clock
from switchroom.plumbing.boxes import box
from tests.phonesystems.conftest import AT


def entries_of(document: bytes) -> dict[str, str]:
    """Every entry, by section and name."""
    return {
        f"{section.get('name')}.{entry.get('name')}": entry.text or ""
        for section in fromstring(document)  # our own
        for entry in section
    }


def test_a_phone_gets_all_that_it_needs(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name='Tür & "Tor"', extension="20", at=AT)
    document = configuration_of(ticket_for(endpoint, secret=secret))
    assert fromstring(document).tag == f"{{{NAMESPACE}}}config"  # our own
    said = entries_of(document)
    domain = sip_domain_of(acme)
    assert said["proxy_0.reg_identity"] == f'"Tür & \\"Tor\\"" <sip:{endpoint.sip_user}@{domain}>'
    assert said["proxy_0.reg_proxy"] == f"<sip:{domain}>"
    assert said["auth_info_0.username"] == endpoint.sip_user
    assert endpoint.ha1 == ha1_of(
        sip_user=said["auth_info_0.username"],
        realm=said["auth_info_0.realm"],
        secret=said["auth_info_0.passwd"],
    )


def test_an_account_is_read_from_the_picture_itself(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name='Tür & "Tor"', extension="20", at=AT)
    (account,) = fromstring(account_of(endpoint, secret=secret))  # our own
    said = {one.tag: one.text or "" for one in account}
    assert (said["RegisterServer"], said["DisplayName"]) == (sip_domain_of(acme), 'Tür & "Tor"')
    assert (said["UserID"], said["AuthID"]) == (endpoint.sip_user, endpoint.sip_user)
    assert endpoint.ha1 == ha1_of(sip_user=said["AuthID"], realm=acme.realm, secret=said["AuthPass"])


def test_its_address_says_nothing_of_the_secret(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    ticket = ticket_for(endpoint, secret=secret)
    assert secret not in ticket
    assert ticket != ticket_for(endpoint, secret=secret)


def test_it_is_good_for_a_quarter_of_an_hour(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    content = box(b"provisioning").decrypt(ticket_for(endpoint, secret=secret).encode())
    seal = box(b"provisioning").encrypt_at_time
    young = seal(content, int(clock.real_now().timestamp()) - GOOD_FOR_SECONDS + 30).decode()
    old = seal(content, int(clock.real_now().timestamp()) - GOOD_FOR_SECONDS - 30).decode()
    assert configuration_of(young)
    with pytest.raises(TicketRefused):
        configuration_of(old)


def test_it_ends_with_the_secret_and_with_the_endpoint(acme: PhoneSystem) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    first = ticket_for(endpoint, secret=secret)
    second = ticket_for(endpoint, secret=new_secret(endpoint=endpoint, at=AT))
    assert configuration_of(second)
    with pytest.raises(TicketRefused):
        configuration_of(first)
    remove_endpoint(endpoint=endpoint, at=AT)
    with pytest.raises(TicketRefused):
        configuration_of(second)


def test_what_is_made_up_or_of_another_purpose_is_refused(acme: PhoneSystem, settings: Settings) -> None:
    endpoint, secret = add_endpoint(phone_system=acme, name="Desk", extension="20", at=AT)
    ticket = ticket_for(endpoint, secret=secret)
    other = box(b"second-factor").encrypt(b"{}").decode()
    for word in ("", "x", "ü", ticket[:-2], ticket.swapcase(), other):
        with pytest.raises(TicketRefused):
            configuration_of(word)
    settings.SECRET_KEY = "of another installation"  # of a test
    with pytest.raises(TicketRefused):
        configuration_of(ticket)
