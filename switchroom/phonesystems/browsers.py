"""A browser as a device of an endpoint, for minutes: its login is made here and kept nowhere.

The edge checks it by itself (``edges/kamailio/browsers.cfg``): the user names the second from which on it is
void, and the secret follows from that and from the endpoint's digest hash, which both sides know. So a new
secret for the endpoint, or its removal, makes it void at once, and it lets nobody into another phone system.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from switchroom.phonesystems.edge_nodes import alive
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.phonesystems.naming import sip_domain_of

GOOD_FOR = timedelta(minutes=10)


class BrowserLogin(msgspec.Struct, frozen=True):
    """What a browser signs in with. ``user`` at ``domain`` is who it is, ``login`` and ``secret`` prove it
    until ``good_until`` (UTC).
    """

    user: str
    domain: str
    login: str
    secret: str
    good_until: datetime


def lets_browsers_in(phone_system: PhoneSystem) -> bool:
    """This function will say whether a browser can be a telephone of this phone system."""
    return bool(_address_of(phone_system.home_edge))


def softphone_url(phone_system: PhoneSystem) -> str:
    """This function will return where browsers find the edge that serves a phone system, its standby while
    its home is dead; empty where they find none.
    """
    home, standby = phone_system.home_edge, phone_system.standby_edge
    named = {home, standby} & {edge.name for edge in settings.INSTALLATION.edges}
    is_dead = standby and [edge.name for edge in alive(named)] == [standby]
    return _address_of(standby if is_dead and home in named else home)


def _address_of(edge: str) -> str:
    own = settings.INSTALLATION
    return next((one.browsers for one in own.edges if one.name == edge and one.browsers), own.softphone_url)


def browser_login(endpoint: Endpoint, *, now: datetime) -> BrowserLogin:
    """This function will make a login with which a browser can be this endpoint for ten minutes from now.

    ``now`` is the computer's own instant (UTC): the edge knows no town's clock.
    """
    good_until = now.replace(microsecond=0) + GOOD_FOR
    second = f"{int(good_until.timestamp()):010d}"
    return BrowserLogin(
        user=endpoint.sip_user,
        domain=sip_domain_of(endpoint.phone_system),
        login=f"{second}:{endpoint.sip_user}",
        secret=hashlib.sha256(f"{endpoint.ha1}:{second}".encode()).hexdigest(),
        good_until=good_until,
    )
