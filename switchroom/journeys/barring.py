"""An operator bars calls while bills are overdue, and lifts that when they are paid (rule 9.1).

What is overdue and when the warning was sent is what the operator says: payments are not kept here. Each
step is told by a letter, which says what still works and how everything works again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from switchroom.journeys import letters
from switchroom.journeys.day import settled
from switchroom.journeys.operators import Act
from switchroom.phonesystems import entitling
from switchroom.phonesystems.models import PhoneSystem
from switchroom.rules.barring import Barring, Overdue, check_all_may_be_barred, check_outgoing_may_be_barred


def bar_outgoing(act: Act, *, phone_system_id: UUID, overdue: Overdue) -> bool:
    """This function will bar calls to the outside, also where all calls were barred; False when it is so
    already. Raises ``Refused`` 7.5 and 9.1, and ``PhoneSystem.DoesNotExist``.
    """
    check_outgoing_may_be_barred(overdue, day=act.day)
    with _opened(act, phone_system_id) as phone_system:
        return _bar(act, phone_system, Barring.OUTGOING, overdue)


def bar_all(act: Act, *, phone_system_id: UUID, overdue: Overdue) -> bool:
    """This function will bar all calls; False when it is so already. Raises ``Refused`` 7.5 and 9.1, and
    ``PhoneSystem.DoesNotExist``.
    """
    with _opened(act, phone_system_id) as phone_system:
        check_all_may_be_barred(overdue, outgoing_barred_on=phone_system.barred_on, day=act.day)
        return _bar(act, phone_system, Barring.ALL, overdue)


def lift(act: Act, *, phone_system_id: UUID) -> bool:
    """This function will let all calls through again; False when nothing is barred. Raises ``Refused`` 7.5,
    and ``PhoneSystem.DoesNotExist``.
    """
    with _opened(act, phone_system_id) as phone_system:
        return _bar(act, phone_system, Barring.NONE)


@contextmanager
def _opened(act: Act, phone_system_id: UUID) -> Iterator[PhoneSystem]:
    rows = PhoneSystem.objects.select_related("subscription").filter(id=phone_system_id)
    with settled(rows.values_list("account_id", flat=True).get(), day=act.day, at=act.at):
        yield rows.get()


def _bar(act: Act, phone_system: PhoneSystem, barring: Barring, overdue: Overdue | None = None) -> bool:
    facts = {} if overdue is None else _facts(overdue)
    changed = entitling.bar(
        phone_system=phone_system, barring=barring, day=act.day, at=act.at, actor=act.operator, facts=facts
    )
    if changed:
        letters.barring_changed(phone_system, overdue=overdue, at=act.at)
    return changed


def _facts(overdue: Overdue) -> dict[str, Any]:
    return {
        "overdue_minor": overdue.gross.minor,
        "currency": overdue.gross.currency,
        "warned_on": overdue.warned_on,
    }
