"""The town's telephone edge runs where Kamailio is installed, so that real phones can register and call;
where rtpengine is installed too, the browser is one of them.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from django.conf import settings

from switchroom.demo.echo import NUMBER, echo_carrier
from switchroom.jobs import edge as edges
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.kamailio import relay
from switchroom.phonesystems.edges.kamailio.check import is_running, what_is_missing
from switchroom.phonesystems.models import PhoneSystem, RecordedTenant
from switchroom.phonesystems.operations import tenant_of

START_SECONDS = 10.0
A_CARRIER = "SWITCHROOM_EDGE_CARRIERS"
FOR_BROWSERS = "127.0.0.1:5066"
FIRST_VOICE_PORT, LAST_VOICE_PORT = 41_000, 41_199


@contextmanager
def telephones(*, portal: str = "") -> Iterator[str]:
    """This function will run the telephone edge while the block runs, where that is possible, and give a line
    that says how phones reach it or why they cannot. ``portal`` is where the town's pages are.

    Whoever has set SWITCHROOM_TELEPHONE_EDGE decides it himself, and who has set where the edge listens also
    whether browsers call.
    """
    own = settings.INSTALLATION
    wanted = own.model_copy(update={"telephone_edge": "kamailio"})
    if "telephone_edge" in own.model_fields_set and own.telephone_edge != "kamailio":
        yield ""
        return
    if missing := _missing(wanted):
        catch_up()
        yield f"Phones cannot register here: {missing[0]}"
        return
    with ExitStack() as until_it_closes:
        if "edge_listen" not in own.model_fields_set and not is_running(wanted):
            wanted = _with_browsers(wanted, portal, until_it_closes)
        settings.INSTALLATION = wanted
        until_it_closes.enter_context(nullcontext() if is_running(wanted) else edges.running(wanted))
        end = time.monotonic() + START_SECONDS
        while not is_running(wanted) and time.monotonic() < end:
            time.sleep(0.1)
        address = wanted.edge_listen[0].partition(":")[2]
        said = f"Phones register at NAME.{wanted.sip_domain} by way of {address}; calls inside work."
        if wanted.softphone_url:
            said += "\n  So does the browser: “Try a call” on the page of a phone system."
        yield said


def _with_browsers(plain: Any, portal: str, until_it_closes: ExitStack) -> Any:
    """The settings with a way in for browsers, a relay for their voice and a carrier that sends it back; as
    they were where something for that is missing.
    """
    with ExitStack() as started:
        try:
            relays_at = started.enter_context(
                relay.running(
                    control_port=_free_port(), first_port=FIRST_VOICE_PORT, last_port=LAST_VOICE_PORT
                )
            )
            carrier = started.enter_context(echo_carrier(plain.emergency_numbers))
        except (relay.RelayMissing, OSError):
            return plain
        wanted = plain.model_copy(
            update={
                "base_url": portal or plain.base_url,
                "edge_listen": [*plain.edge_listen, f"ws:{FOR_BROWSERS}"],
                "edge_media_relay": relays_at,
                "edge_carriers": plain.edge_carriers or [carrier],
                "softphone_url": f"ws://{FOR_BROWSERS}",
                "softphone_echo": plain.softphone_echo or ("" if plain.edge_carriers else NUMBER),
            }
        )
        if _missing(wanted):
            return plain
        until_it_closes.enter_context(started.pop_all())
        return wanted


def _missing(wanted: Any) -> list[str]:
    return [sentence for sentence in what_is_missing(wanted) if A_CARRIER not in sentence]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind((relay.LOOPBACK, 0))
        port: int = asking.getsockname()[1]
        return port


def catch_up() -> None:
    """This function will have the recording edge know what happened while another was at work."""
    there = list(PhoneSystem.objects.all())
    RecordedTenant.objects.exclude(phone_system_id__in=[one.id for one in there]).delete()
    for one in there:
        edge().push(tenant_of(one))
