"""Asks edges on other machines what phone systems do right now, by way of the portal's database.

Nobody can speak to such an edge, and it tells nothing unasked: what changes with every call is wanted only
while somebody looks. So a page leaves a question for each edge and waits a moment; each edge looks for
questions all the time and writes down what it finds at its own socket; the page takes the answers and leaves
nothing behind.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from switchroom.phonesystems.edge_nodes import EdgeQuestion, alive
from switchroom.phonesystems.edges.contract import Live
from switchroom.phonesystems.edges.kamailio.control import EdgeAway, EdgeRefused
from switchroom.phonesystems.edges.kamailio.edge import KamailioEdge
from switchroom.phonesystems.edges.kamailio.repeating import Repeating
from switchroom.plumbing import clock

ANSWER_SECONDS, WAIT_SECONDS = 0.2, 2.0
"""So often an edge looks for questions, and how long it waits after something was away."""
LOOKS_AFTER_SECONDS = (0.25, 0.25, 0.5)
"""A page waits so long before it looks for answers: usually all are there when it does so first."""


def ask_edges(
    names: Collection[str], *, phone_system_id: UUID, sip_label: str, sip_users: Collection[str]
) -> dict[str, Live]:
    """This function will return what those of these edges that are alive say of a phone system and its users.

    Raises EdgeAway when one of them says nothing in time.
    """
    asked = {"phone_system_id": phone_system_id, "sip_label": sip_label, "sip_users": list(sip_users)}
    questions = [EdgeQuestion(node=name, asked_at=clock.real_now(), **asked) for name in names]
    own = EdgeQuestion.objects.filter(id__in=[question.id for question in questions])
    EdgeQuestion.objects.bulk_create(questions)
    try:
        return _answers(own, names)
    finally:
        own.delete()


def _answers(asked: QuerySet[EdgeQuestion], names: Collection[str]) -> dict[str, Live]:
    silent = set(names)
    for seconds in LOOKS_AFTER_SECONDS:
        time.sleep(seconds)
        said = dict(asked.filter(answer__isnull=False).values_list("node", "answer"))
        silent = set(names) - said.keys()
        if not silent or not alive(silent).exists():
            return {name: msgspec.convert(answer, Live) for name, answer in said.items()}
    raise EdgeAway(f"No answer came in time from all of: {', '.join(sorted(silent))}.")


class Answerer(Repeating):
    """Answers for the edge of this machine."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._edge = KamailioEdge()

    def answer_forever(self) -> None:
        """This function will look for questions five times a second until ``stop``; what is away is waited
        for.
        """
        self._repeat(
            self.answer,
            seconds=ANSWER_SECONDS,
            waits=WAIT_SECONDS,
            word="edge.answers_wait",
            away=(EdgeAway, EdgeRefused),
        )

    def answer(self) -> None:
        """This function will answer what this edge is asked. Raises EdgeAway and EdgeRefused."""
        for question in EdgeQuestion.objects.filter(node=self._name, answer__isnull=True):
            found = self._edge.live(
                question.sip_label, phone_system_id=question.phone_system_id, sip_users=question.sip_users
            )
            EdgeQuestion.objects.filter(id=question.id).update(answer=msgspec.to_builtins(found))
