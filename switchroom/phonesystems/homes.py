"""Where there are several telephone edges: which of them serves a phone system (``homes.cfg``).

A home and a standby are names of edges (SWITCHROOM_EDGES). Without a home all edges serve it. Calls that run
stay at the edge where they began.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from switchroom.phonesystems.changing import hold, tell
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.operations import ask_edge
from switchroom.plumbing import clock
from switchroom.rules.refusals import Refused, gettext_noop


def move(*, phone_system: PhoneSystem, home: str, standby: str = "", at: datetime, actor: str = "") -> bool:
    """This function will give a phone system a home edge and a standby, or neither; False when it has them.

    Raises ``Refused`` (rule 8) for an edge that the installation does not name, and for a standby without a
    home or that is the home.
    """
    known = [one.name for one in settings.INSTALLATION.edges]
    for name in (home, standby):
        if name and name not in known:
            raise Refused(
                "8",
                gettext_noop("There is no edge {name}. SWITCHROOM_EDGES names: {known}."),
                name=name,
                known=", ".join(known) or "–",
            )
    if (standby and standby == home) or (standby and not home):
        raise Refused("8", gettext_noop("A standby is another edge than the home, and not without one."))
    hold(phone_system)
    if (phone_system.home_edge, phone_system.standby_edge) == (home, standby):
        return False
    phone_system.home_edge, phone_system.standby_edge = home, standby
    phone_system.save(update_fields=["home_edge", "standby_edge"])
    ask_edge(phone_system=phone_system, at=at)
    facts = {"home": home, "standby": standby}
    tell(phone_system=phone_system, kind="edge_moved", day=clock.local_day(at), actor=actor, facts=facts)
    return True
