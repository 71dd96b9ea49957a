"""A town for the tests of what surrounds the journeys: their letters."""

from __future__ import annotations

import pytest

from tests.cast import Town


@pytest.fixture
def town(db: None) -> Town:
    """A town on 1 June 2026 with nobody in it yet."""
    return Town().on("2026-06-01")
