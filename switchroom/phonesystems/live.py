"""What a phone system does right now: asked of the edge each time, kept nowhere."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import structlog
from msgspec.structs import replace

from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import Live
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.plumbing import clock

log = structlog.get_logger(__name__)


def live_of(phone_system: PhoneSystem, endpoints: Collection[Endpoint] = (), *, at: datetime) -> Live | None:
    """This function will say how many trunk lines a phone system uses and how these endpoints are registered;
    none when the edge carries no calls or cannot say it right now. ``at`` is the present instant (UTC).
    """
    works_with = edge()
    if not works_with.carries_calls:
        return None
    users = [endpoint.sip_user for endpoint in endpoints]
    try:
        found = works_with.live(phone_system.sip_label, phone_system_id=phone_system.id, sip_users=users)
    except Exception as why:  # whatever is wrong with the edge, the page must open
        log.warning("edge.live_unknown", why=str(why))
        return None
    ahead = at - clock.real_now()  # of the town: the edge knows the computer's clock only
    moved = {
        user: replace(one, renewed_at=one.renewed_at + ahead) for user, one in found.registrations.items()
    }
    return replace(found, registrations=moved)
