"""Lives of a town in which one command dies again and again, until it comes to its end.

A ``Victim`` is the command: its words, and a query for what it has still to do. A ``Death`` is how it dies.
``Kill`` notes what each death left behind, so that a test can make sure that the deaths came in the middle.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.crashes.books import Books, differences
from tests.crashes.places import Place
from tests.crashes.processes import COMMAND, LOOK_SECONDS, Process, Processes
from tests.crashes.town import DAY

MOST_FINDINGS_SHOWN = 20
KILLS_OF_A_LIFE = 5


@dataclass(frozen=True)
class Victim:
    """A command that may die at any moment.

    ``left`` is a query for one number: how much there is still to do, which is 0 when all is done and never
    grows. A command that works on until it is told to end does not end ``by_itself``. ``what`` is the
    function that takes the words.
    """

    argv: tuple[str, ...]
    left: str
    by_itself: bool = True
    what: str = COMMAND


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbs: seconds to its first change and for one of what is left, and the books
    after it.
    """

    first_change: float
    step: float
    books: Books


@dataclass(frozen=True)
class Kill:
    """One death: how much was left to do before and after it, and the file with all that the command said."""

    before: int
    after: int
    said: Path = field(default=Path(os.devnull), repr=False)

    @property
    def in_the_middle(self) -> bool:
        """Whether the run had done something and was not done."""
        return 0 < self.after < self.before


def came_in_the_middle(kills: list[Kill]) -> bool:
    """This function will say whether at least a third of the kills left a run unfinished that had done
    something.
    """
    return 3 * sum(kill.in_the_middle for kill in kills) >= len(kills)


@dataclass
class Town:
    """A town that was built once, its place, and the processes that work there."""

    place: Place
    processes: Processes
    _in_peace: dict[Victim, Undisturbed] = field(default_factory=dict)

    def undisturbed(self, victim: Victim) -> Undisturbed:
        """This function will let the command work in peace, once for all tests, and note what came of it."""
        if victim not in self._in_peace:
            self.place.restore()
            before = self.left(victim)
            assert before > 0
            began = time.monotonic()
            process = self.start(victim)
            with self.place.watching(victim.left) as left:
                while process.runs() and left() == before:
                    time.sleep(LOOK_SECONDS)
                first_change = time.monotonic() - began
                while process.runs() and left():
                    time.sleep(LOOK_SECONDS)
            step = (time.monotonic() - began - first_change) / before
            self.finish(victim, process)
            books = self.books()
            assert books["findings"] == []
            self._in_peace[victim] = Undisturbed(first_change, step, books)
        return self._in_peace[victim]

    def left(self, victim: Victim) -> int:
        """This function will ask how much the command has still to do."""
        ((left,),) = self.place.query(victim.left)
        return int(left)

    def books(self) -> Books:
        """This function will read all that the town says once the day is done and nothing is on its way.

        A victim that was to do the whole day has left nothing to do for that.
        """
        file = self.place.folder / "books.json"
        self.processes.run(str(file), DAY.isoformat(), what="tests.crashes.books:main")
        books: Books = json.loads(file.read_text())
        return books

    def start(self, victim: Victim) -> Process:
        """This function will start the command."""
        return self.processes.start(*victim.argv, what=victim.what)

    def finish(self, victim: Victim, process: Process) -> None:
        """This function will let a run come to its end, and hold it to ending well."""
        if not victim.by_itself:
            while process.runs() and (self.left(victim) or not process.has_begun()):
                time.sleep(LOOK_SECONDS)
            process.send(signal.SIGTERM)
        assert process.code() == 0, process.said.read_text()
        assert self.left(victim) == 0


HowMany = Callable[[int, int], int]


def killed(
    town: Town,
    *victims: Victim,
    kills: int,
    chance: random.Random,
    deaths: Sequence[Death],
    resumed_by: Victim | None = None,
) -> list[Kill]:
    """This function will kill a command this many times, in as many lives of the town as that takes.

    Each life has one of the victims, by chance, and the deaths take turns. After its last death the rest is
    done by ``resumed_by``, or by the only victim; to the books of its undisturbed life all others are held.
    """
    plain = resumed_by or victims[0]
    peace = town.undisturbed(plain)
    in_turn = cycle(deaths)
    done: list[Kill] = []
    while len(done) < kills:
        town.place.restore()
        hunt = Hunt(town, chance.choice(victims), plain, chance, in_turn, peace)
        hunt.one_life(most=min(kills - len(done), KILLS_OF_A_LIFE))
        done += hunt.kills
        if hunt.kills:
            faults = differences(peace.books, town.books())
            assert not faults, "\n".join([f"after {hunt.kills}:", *faults[:MOST_FINDINGS_SHOWN]])
    return done


@dataclass
class Hunt:
    """One life of one victim, and its deaths; ``plain`` is the command that then does the rest."""

    town: Town
    victim: Victim
    plain: Victim
    chance: random.Random
    deaths: Iterator[Death]
    peace: Undisturbed
    kills: list[Kill] = field(default_factory=list)

    def one_life(self, *, most: int) -> None:
        """This function will kill at random moments of what is left to do, then let a run come to its end.

        No death is noted that came too late.
        """
        started, struck = [self.town.start(self.victim)], False
        while len(self.kills) < most and (before := self.town.left(self.victim)) > 1:
            process = started[-1]
            self._let_work(process, before)
            if next(self.deaths)(self, process):
                struck = True
                self.kills.append(Kill(before, self.town.left(self.victim), process.said))
            self.town.place.time_passes()
            if not process.runs():
                if process.code() == 0 or not struck:
                    break
                started.append(self.town.start(self.victim if len(self.kills) < most else self.plain))
                struck = False
        if struck and self.victim.by_itself and started[-1].code() != 0:
            started.append(self.town.start(self.plain))
        self.town.finish(self.victim, started[-1])
        for process in started:
            process.end_of_helpers()

    def _let_work(self, process: Process, before: int) -> None:
        """Until there is as little left as chance will have it, and then for a part of the next step.

        What is left is looked at and not the time, which says little on a busy machine. It is half of it or
        more, so that one life has many deaths.
        """
        target = self.chance.randint(before // 2, before)
        with self.town.place.watching(self.victim.left) as left:
            while process.runs() and left() > target:
                time.sleep(LOOK_SECONDS)
        longest = self.peace.first_change if target == before else 2 * self.peace.step
        time.sleep(self.chance.random() * longest)


Death = Callable[[Hunt, Process], bool]
"""How something dies of a process, or of what it needs; False when it came too late."""


def all_die(_hunt: Hunt, process: Process) -> bool:
    """The command and all its helpers are killed."""
    process.send(signal.SIGKILL)
    return process.code() == -signal.SIGKILL


def the_command_dies(_hunt: Hunt, process: Process) -> bool:
    """Its helpers go on."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    return process.code() == -signal.SIGKILL


def a_helper_dies(hunt: Hunt, process: Process) -> bool:
    """The command and its other helpers go on."""
    if helpers := process.helpers():
        with suppress(ProcessLookupError):
            os.kill(hunt.chance.choice(helpers), signal.SIGKILL)
            return process.runs()
    return False
