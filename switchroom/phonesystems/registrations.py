"""Which endpoints are registered right now: asked of the edge each time, kept nowhere."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.contract import Registration
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.plumbing import clock

log = structlog.get_logger(__name__)


def registrations_of(
    phone_system: PhoneSystem, endpoints: Collection[Endpoint], *, at: datetime
) -> dict[UUID, Registration] | None:
    """This function will say how these endpoints are registered (id → registration, if any); none when the
    edge carries no calls or cannot say it right now. ``at`` is the present instant (UTC).
    """
    works_with = edge()
    if not works_with.carries_calls:
        return None
    users = {endpoint.sip_user: endpoint.id for endpoint in endpoints}
    try:
        found = works_with.registrations(phone_system.sip_label, sip_users=users)
    except Exception as why:  # whatever is wrong with the edge, the page must open
        log.warning("edge.registrations_unknown", why=str(why))
        return None
    ahead = at - clock.real_now()  # of the town: the edge knows the computer's clock only
    return {
        users[user]: msgspec.structs.replace(one, renewed_at=one.renewed_at + ahead)
        for user, one in found.items()
    }
