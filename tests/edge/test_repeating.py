"""What an edge does again and again goes on when the edge, the database or what it wants was away."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import OperationalError, connection
from structlog.testing import capture_logs

from switchroom.phonesystems.edges.kamailio import asking, copying, nodes
from switchroom.phonesystems.edges.kamailio.asking import Answerer
from switchroom.phonesystems.edges.kamailio.control import EdgeAway
from switchroom.phonesystems.edges.kamailio.copying import Copier, NothingToCopy
from switchroom.phonesystems.edges.kamailio.nodes import Reporter
from switchroom.phonesystems.edges.kamailio.repeating import Repeating


@pytest.mark.parametrize(
    ("repeating", "verb", "away", "word"),
    [
        (Answerer("north"), "answer", EdgeAway("away"), "edge.answers_wait"),
        (Reporter("north"), "report", EdgeAway("away"), "edge.reports_wait"),
        (Copier(Path("copy.db")), "copy", NothingToCopy("empty"), "edge.copy_waits"),
    ],
)
def test_it_goes_on_when_something_was_away(
    monkeypatch: pytest.MonkeyPatch, repeating: Repeating, verb: str, away: Exception, word: str
) -> None:
    answers: list[Exception | None] = [away, OperationalError("gone"), None]

    def act() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        repeating.stop()

    for module, seconds in ((asking, "WAIT_SECONDS"), (nodes, "REPORT_SECONDS"), (copying, "WAIT_SECONDS")):
        monkeypatch.setattr(module, seconds, 0.01)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(repeating, verb, act)
    with capture_logs() as said:
        getattr(repeating, f"{verb}_forever")()
    assert answers == []
    assert [(one["event"], one["why"]) for one in said] == [(word, str(away)), (word, "gone")]
