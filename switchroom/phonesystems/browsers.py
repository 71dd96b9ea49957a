"""A browser as a device of an endpoint, for minutes: its login is made here and kept nowhere.

The edge checks it by itself (``edges/kamailio/browsers.cfg``): the user names the second from which on it is
void, and the secret follows from that and from the endpoint's digest hash, which both sides know. So a new
secret for the endpoint, or its removal, makes it void at once, and it lets nobody into another phone system.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

from switchroom.phonesystems.models import Endpoint
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
