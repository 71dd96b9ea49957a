"""The member's own order: of endpoints and numbers it decides which work when there are too many, of a ring
group's members who rings first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from switchroom.phonesystems.models import Endpoint, PhoneNumber, RingGroupMember
from switchroom.rules.refusals import Refused, gettext_noop

FIRST_POSITION = 1

Row = TypeVar("Row", Endpoint, PhoneNumber, RingGroupMember)


def put_in_order(in_old_order: QuerySet[Row], ids: Sequence[UUID]) -> bool:
    """This function will give rows new positions, in the order of ``ids``; False when they have it already.

    Raises ``Refused`` (rule 6.3) unless ``ids`` names each row exactly once.
    """
    rows = {row.id: row for row in in_old_order}
    if len(ids) != len(rows) or set(ids) != set(rows):
        raise Refused(
            "6.3",
            gettext_noop("The list has changed meanwhile. Please look at it again and put it in order."),
        )
    if list(ids) == list(rows):
        return False
    for position, row_id in enumerate(ids, start=FIRST_POSITION):
        rows[row_id].position = position
    in_old_order.model._default_manager.bulk_update(rows.values(), ["position"])
    return True
