"""For the tests of what the database itself forbids: a statement must fail in it, with a word of why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from switchroom.plumbing.ids import new_id

UNIQUE = "_once"
"""How these tests mark the name of a unique constraint that does not end so by itself."""
SQLITE_SAYS = "UNIQUE constraint failed"


@contextmanager
def forbidden(why: str) -> Iterator[None]:
    """This function will hold the block to ending in an IntegrityError that says ``why``: a law's sentence,
    or the name of a constraint. SQLite names the columns of a unique one instead of the constraint.
    """
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    said = str(caught.value)
    assert why.removesuffix(UNIQUE) in said or (why.endswith(UNIQUE) and said.startswith(SQLITE_SAYS)), said


def copied(row: Model, **changes: Any) -> Model:
    """This function will insert a row like another one under a new id, with some columns changed."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    key = row._meta.pk.attname
    fields[key] = new_id() if isinstance(fields[key], UUID) else None
    copy = type(row)(**(fields | changes))
    copy.save(force_insert=True)
    return copy
