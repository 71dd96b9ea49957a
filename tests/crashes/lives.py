"""Lives of a town in which one command dies again and again, until it comes to its end.

A ``Victim`` is the command: its words, and a query for what it has still to do. A ``Death`` is how it dies.
``Kill`` notes what each death left behind, so that a test can make sure that the deaths came in the middle.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.crashes.books import Books, differences
from tests.crashes.places import Place
from tests.crashes.processes import Process, Processes
from tests.crashes.town import DAY

LOOK_SECONDS = 0.01
SLOWER = 1.5
MOST_FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Victim:
    """A command that may die at any moment.

    ``left`` is a query for one number: how much there is still to do, which is 0 when all is done and never
    grows. A command that works on until it is told to end does not end ``by_itself``.
    """

    argv: tuple[str, ...]
    left: str
    by_itself: bool = True


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbs: seconds to its first change and to its end, and the books after it."""

    first_change: float
    end: float
    left: int
    books: Books


@dataclass(frozen=True)
class Kill:
    """One death: how much was left to do when the run began and when it had died, and its last words."""

    seconds: float
    before: int
    after: int
    said: str = field(default="", repr=False)

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
            process = self.processes.start(*victim.argv)
            while process.runs() and self.left(victim) == before:
                time.sleep(LOOK_SECONDS)
            first_change = time.monotonic() - began
            self.finish(victim, process)
            end = time.monotonic() - began
            books = self.books()
            assert books["findings"] == []
            self._in_peace[victim] = Undisturbed(first_change, end, before, books)
        return self._in_peace[victim]

    def left(self, victim: Victim) -> int:
        """This function will ask how much the command has still to do."""
        ((left,),) = self.place.query(victim.left)
        return int(left)

    def books(self) -> Books:
        """This function will read all that the town says now, once what is on its way has happened."""
        file = self.place.folder / "books.json"
        self.processes.run(str(file), DAY.isoformat(), what="tests.crashes.books:main")
        books: Books = json.loads(file.read_text())
        return books

    def finish(self, victim: Victim, process: Process) -> None:
        """This function will let a run come to its end, and hold it to ending well."""
        if not victim.by_itself:
            while process.runs() and (self.left(victim) or not process.has_begun()):
                time.sleep(LOOK_SECONDS)
            process.send(signal.SIGTERM)
        assert process.code() == 0, process.said.read_text()
        assert self.left(victim) == 0


HowMany = Callable[[int, int], int]
Death = Callable[[Town, Process, random.Random], None]


def dies(_town: Town, process: Process, _chance: random.Random) -> None:
    """The command and all its children are killed."""
    process.send(signal.SIGKILL)
    process.code()


def killed(
    town: Town, victim: Victim, *, kills: int, chance: random.Random, death: Death = dies
) -> list[Kill]:
    """This function will kill the command this many times, in as many lives of the town as that takes.

    It holds the books of each life to those of the undisturbed one.
    """
    peace = town.undisturbed(victim)
    hunt = _Hunt(town, victim, chance, death, peace.first_change, peace.end - peace.first_change, peace.left)
    while len(hunt.kills) < kills:
        town.place.restore()
        hunt.one_life(most=kills - len(hunt.kills))
        faults = differences(peace.books, town.books())
        assert not faults, "\n".join([f"after {hunt.kills}:", *faults[:MOST_FINDINGS_SHOWN]])
    return hunt.kills


@dataclass
class _Hunt:
    """Kills of one victim. ``work`` is how many seconds it takes for ``whole``, all that there is to do."""

    town: Town
    victim: Victim
    chance: random.Random
    death: Death
    first_change: float
    work: float
    whole: int
    kills: list[Kill] = field(default_factory=list)

    def one_life(self, *, most: int) -> None:
        """This function will kill at random moments of what is left to do, then let a run come to its end."""
        last = len(self.kills) + most
        process = self.town.processes.start(*self.victim.argv)
        while len(self.kills) < last and (before := self.town.left(self.victim)):
            seconds = self._moment(before)
            if _ends_within(seconds, process):
                self.work /= SLOWER  # or rather faster: it came to its end before
                break
            self.death(self.town, process, self.chance)
            if self.victim.by_itself and process.code() == 0:
                break
            left = self.town.left(self.victim)
            self._note(Kill(round(seconds, 3), before, left, process.said.read_text()))
            self.town.place.time_passes()
            if not process.runs():
                process = self.town.processes.start(*self.victim.argv)
        self.town.finish(self.victim, process)

    def _moment(self, left: int) -> float:
        """Any moment from the first change to the end, but rather an early one, so that a life has many."""
        return self.first_change + self.chance.random() ** 2 * self.work * left / self.whole

    def _note(self, kill: Kill) -> None:
        """The machine may have become slower or faster since the undisturbed run."""
        self.kills.append(kill)
        done = kill.before - kill.after
        if done == 0:
            self.first_change *= SLOWER
        elif done > self.whole / 4:
            self.work = min(self.work, (kill.seconds - self.first_change) * self.whole / done)


def _ends_within(seconds: float, process: Process) -> bool:
    ends = time.monotonic() + seconds
    while process.runs() and (rest := ends - time.monotonic()) > 0:
        time.sleep(min(rest, LOOK_SECONDS))
    return not process.runs()
