"""Ids are made by us, not by the database, so that rows can name one another before they are written.

They grow with time (UUID version 7), which keeps an index's new rows together and a listing by id in order of
making.
"""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """This function will return an id that nothing else has."""
    return uuid7()


def row_id(id_: UUID | int | str) -> UUID:
    """This function will return the id of a row as the rules carry it; raises ``TypeError`` for a made-up
    one.

    The rules also reckon with items that are not booked (a forecast's), which have whole numbers for ids.
    """
    if isinstance(id_, int):
        raise TypeError("a row is named by its UUID; a made-up id reached the database")
    return id_ if isinstance(id_, UUID) else UUID(id_)
