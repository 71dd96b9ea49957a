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
