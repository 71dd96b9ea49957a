"""What happened to calls: records that the edge tells of and the portal shows, for half a year.

They are written in batches beside the calls, never in their way. A call of a phone system that is deleted is
not written: deleted means gone (rule 7.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.models import CallKind, CallRecord, PhoneSystem
from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id

KEPT_DAYS = 183
"""Six months."""


class Heard(msgspec.Struct, frozen=True):
    """A call as the edge told of it: instants are UTC, ``cause`` is the SIP status it ended with.

    ``lacked_line`` says that it was refused because all trunk lines were busy.
    """

    phone_system_id: UUID
    kind: str
    caller: str
    called: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    cause: int
    lacked_line: bool = False


def heard_of(word: str, facts: dict[str, str]) -> Heard | None:
    """This function will read what an edge said (``CALL`` or ``BUSY``); none when it is about no call.

    Instants come as seconds since 1970, what others wrote as hexadecimal digits. Raises ``ValueError`` and
    ``KeyError`` for what makes no sense.
    """
    if word not in ("CALL", "BUSY") or facts["kind"] not in CallKind.values:
        return None
    return Heard(
        phone_system_id=UUID(facts["tenant"]),
        kind=facts["kind"],
        caller=_text(facts["caller"]),
        called=_text(facts["called"]),
        began_at=_instant(facts["began"]),
        answered_at=_instant(facts["answered"]) if facts["answered"] else None,
        ended_at=_instant(facts["ended"]),
        cause=int(facts["cause"]),
        lacked_line=word == "BUSY",
    )


@dataclass(frozen=True)
class Calls:
    """The calls of a phone system. ``is_counted`` says whether this edge carries calls at all; ``refused``
    counts those without a free line.
    """

    is_counted: bool
    refused: int
    last: list[CallRecord]


def calls_of(phone_system: PhoneSystem, *, since: datetime, last: int) -> Calls:
    """This function will gather how many calls of a phone system found no free line since an instant, and its
    last calls, the newest first.
    """
    records = CallRecord.objects.filter(phone_system=phone_system)
    newest = list(records.order_by("-began_at")[:last])
    refused = records.filter(lacked_line=True, began_at__gte=since)
    return Calls(
        is_counted=edge().carries_calls,
        refused=refused.count() if newest else 0,
        last=newest,
    )


def record(heard: Iterable[Heard]) -> int:
    """This function will write calls, except those of phone systems that are no more, and count them.

    The edge knows the computer's clock only; where the town's goes ahead of it, it counts.
    """
    ahead = clock.now() - clock.real_now()
    with transaction.atomic():
        calls = [_moved(one, ahead) if ahead else one for one in heard]
        ids = {call.phone_system_id for call in calls}
        there = set(PhoneSystem.objects.filter(id__in=ids).values_list("id", flat=True))
        rows = [
            CallRecord(id=new_id(), **msgspec.structs.asdict(call))
            for call in calls
            if call.phone_system_id in there
        ]
        CallRecord.objects.bulk_create(rows)
    return len(rows)


def erase_old_calls(*, day: date) -> int:
    """This function will erase the records of calls that began more than six months before a day."""
    before = clock.day_starts_at(day - timedelta(days=KEPT_DAYS))
    erased, _ = CallRecord.objects.filter(began_at__lt=before).delete()
    return erased


def _moved(call: Heard, ahead: timedelta) -> Heard:
    return msgspec.structs.replace(
        call,
        began_at=call.began_at + ahead,
        answered_at=call.answered_at and call.answered_at + ahead,
        ended_at=call.ended_at + ahead,
    )


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _text(digits: str) -> str:
    """What others wrote, without what no database keeps and no page can show."""
    return "".join(filter(str.isprintable, bytes.fromhex(digits).decode(errors="replace")))[:64]
