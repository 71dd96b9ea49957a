"""The town in front of whose doors these tests stand."""

from __future__ import annotations

import pytest

from tests.cast import Town


@pytest.fixture
def town(db: None) -> Town:
    """A town with nobody in it yet."""
    return Town()
