"""Setting up a soft phone by a picture that holds all that the phone needs, or an address where that is.

Linphone fetches its configuration from an address (remote provisioning). The address carries the secret,
sealed, since nothing of ours keeps it; it is good for some minutes, as long as the secret is, and for this
one endpoint. Grandstream Wave reads its account from the picture itself.
"""

from __future__ import annotations

import hmac
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec
from cryptography.fernet import InvalidToken

from switchroom.phonesystems.endpoints import ha1_of
from switchroom.phonesystems.models import Endpoint
from switchroom.phonesystems.naming import sip_domain_of
from switchroom.plumbing.boxes import box

PURPOSE = b"provisioning"
GOOD_FOR_SECONDS = 15 * 60
ANYTHING_DIALLED = "{x+|+x+|*x+}"
NAMESPACE = "http://www.linphone.org/xsds/lpconfig.xsd"


class TicketRefused(Exception):
    """The address is not one of ours, is too old, or its endpoint or secret is no longer there."""


class Ticket(msgspec.Struct, frozen=True):
    """What an address carries."""

    endpoint_id: UUID
    secret: str


def ticket_for(endpoint: Endpoint, *, secret: str) -> str:
    """This function will seal what sets up a device as this endpoint, as one word of an address."""
    return box(PURPOSE).encrypt(msgspec.json.encode(Ticket(endpoint.id, secret))).decode("ascii")


def configuration_of(word: str) -> bytes:
    """This function will return the configuration (XML) that a ticket stands for. Raises TicketRefused."""
    try:
        content = box(PURPOSE).decrypt(word.encode(), ttl=GOOD_FOR_SECONDS)
    except InvalidToken:
        raise TicketRefused from None
    ticket = msgspec.json.decode(content, type=Ticket)
    endpoint = Endpoint.objects.select_related("phone_system").filter(id=ticket.endpoint_id).first()
    if endpoint is None:
        raise TicketRefused
    realm = endpoint.phone_system.realm
    ha1 = ha1_of(sip_user=endpoint.sip_user, realm=realm, secret=ticket.secret)
    if not hmac.compare_digest(ha1, endpoint.ha1):
        raise TicketRefused
    return _linphone(endpoint, secret=ticket.secret)


def account_of(endpoint: Endpoint, *, secret: str) -> bytes:
    """This function will return the account (XML) of an endpoint, as Grandstream Wave reads it."""
    said = {
        "RegisterServer": sip_domain_of(endpoint.phone_system),
        "OutboundServer": "",
        "UserID": endpoint.sip_user,
        "AuthID": endpoint.sip_user,
        "AuthPass": secret,
        "AccountName": endpoint.extension,
        "DisplayName": endpoint.name,
        "Dialplan": ANYTHING_DIALLED,
        "RandomPort": "1",
    }
    config = Element("AccountConfig", version="1")
    account = SubElement(config, "Account")
    for key, value in said.items():
        SubElement(account, key).text = value
    document: bytes = tostring(config, encoding="utf-8", xml_declaration=True)
    return document


def _quoted(name: str) -> str:
    """A display name as SIP writes it (RFC 3261, quoted-string)."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _linphone(endpoint: Endpoint, *, secret: str) -> bytes:
    domain, realm = sip_domain_of(endpoint.phone_system), endpoint.phone_system.realm
    sections = {
        "sip": {"default_proxy": "0"},
        "proxy_0": {
            "reg_identity": f"{_quoted(endpoint.name)} <sip:{endpoint.sip_user}@{domain}>",
            "reg_proxy": f"<sip:{domain}>",
            "realm": realm,
            "reg_sendregister": "1",
        },
        "auth_info_0": {
            "username": endpoint.sip_user,
            "passwd": secret,
            "realm": realm,
            "domain": domain,
        },
    }
    config = Element("config", xmlns=NAMESPACE)
    for name, entries in sections.items():
        section = SubElement(config, "section", name=name)
        for key, value in entries.items():
            SubElement(section, "entry", name=key, overwrite="true").text = value
    document: bytes = tostring(config, encoding="utf-8", xml_declaration=True)
    return document
