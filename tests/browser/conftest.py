"""The house that a browser test opens: a catalogue, numbers in stock, a worker at work, the first of June
2026.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytest_django.live_server_helper import LiveServer

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.phonesystems.numbers import add_stock
from switchroom.plumbing import clock, outbox
from tests.cast import BEGINNING_OF_TIME
from tests.conftest import TOWN_STARTS_AT


@pytest.fixture
def open_house(live_server: LiveServer) -> Iterator[str]:
    """The address of a portal in which everything happens that does in an embedded installation: what leaves
    through the outbox is carried out beside it, by a thread.
    """
    clock.set_clock(TOWN_STARTS_AT)
    load_catalogue(shipped_catalogue(), BEGINNING_OF_TIME)
    add_stock(numbers=[f"+4930231250{last:02d}" for last in range(10)], area="Berlin")
    stop = threading.Event()
    worker = threading.Thread(target=outbox.work_forever, args=(stop,), name="worker")
    worker.start()
    yield live_server.url
    stop.set()
    outbox.wake()
    worker.join()
