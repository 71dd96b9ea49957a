"""Telephone edges: what carries out at the network what the portal decided.

``contract.py`` says what an edge must do; the setting ``SWITCHROOM_TELEPHONE_EDGE`` names the one in use.
"""

from __future__ import annotations

from django.conf import settings

from switchroom.phonesystems.edges.contract import Edge
from switchroom.phonesystems.edges.kamailio.edge import KamailioEdge
from switchroom.phonesystems.edges.kamailio.nodes import KamailioEdges
from switchroom.phonesystems.edges.recorder import RecordingEdge

EDGES: dict[str, type[Edge]] = {"recorder": RecordingEdge, "kamailio": KamailioEdge}


def edge() -> Edge:
    """This function will return the edge that the installation works with."""
    name = settings.INSTALLATION.telephone_edge
    if name == "kamailio" and settings.INSTALLATION.edges:
        return KamailioEdges()
    return EDGES[name]()
