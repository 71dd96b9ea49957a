"""The town in which lives are lived; at the end of each its books are audited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cast import Town


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    """A town with nobody in it yet, whose books must close when the test is over."""
    town = Town()
    yield town
    town.closes_its_books()
