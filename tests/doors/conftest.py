"""The town in front of whose doors these tests stand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.cast import Customer, Town


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a request speaks does not outlast its test: Django's client leaves its language behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def town(db: None) -> Town:
    """A town with nobody in it yet."""
    return Town()


@pytest.fixture
def dana(town: Town) -> Customer:
    """Dana on the first day of her trial, 1 June 2026."""
    return town.on("2026-06-01").customer("Dana").starts_trial()


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik on 16 June 2026 with ten licences since the 1st: the customer of rule 5.2's example."""
    erik = town.on("2026-06-01").customer("Erik").grows_to(one=10)
    town.on("2026-06-16")
    return erik
