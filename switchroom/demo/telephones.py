"""The town's telephone edge runs where Kamailio is installed, so that real phones can register and call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.conf import settings

from switchroom.jobs import edge as edges
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.edges.kamailio.check import is_running, what_is_missing
from switchroom.phonesystems.models import PhoneSystem, RecordedTenant
from switchroom.phonesystems.operations import tenant_of

START_SECONDS = 10.0
A_CARRIER = "SWITCHROOM_EDGE_CARRIERS"


@contextmanager
def telephones() -> Iterator[str]:
    """This function will run the telephone edge while the block runs, where that is possible, and give a line
    that says how phones reach it or why they cannot.

    Whoever has set SWITCHROOM_TELEPHONE_EDGE decides it himself.
    """
    own = settings.INSTALLATION
    wanted = own.model_copy(update={"telephone_edge": "kamailio"})
    if "telephone_edge" in own.model_fields_set and own.telephone_edge != "kamailio":
        yield ""
        return
    if missing := [sentence for sentence in what_is_missing(wanted) if A_CARRIER not in sentence]:
        catch_up()
        yield f"Phones cannot register here: {missing[0]}"
        return
    settings.INSTALLATION = wanted
    with nullcontext() if is_running(wanted) else edges.running(wanted):
        end = time.monotonic() + START_SECONDS
        while not is_running(wanted) and time.monotonic() < end:
            time.sleep(0.1)
        address = wanted.edge_listen[0].partition(":")[2]
        yield f"Phones register at NAME.{wanted.sip_domain} by way of {address}; calls inside work."


def catch_up() -> None:
    """This function will have the recording edge know what happened while another was at work."""
    there = list(PhoneSystem.objects.all())
    RecordedTenant.objects.exclude(phone_system_id__in=[one.id for one in there]).delete()
    for one in there:
        edge().push(tenant_of(one))
