"""The parts of a long measurement as processes: each makes ready, waits for the word, works, and tells.

``python -m bench._billing_steps STEP …`` is such a process; whoever measures starts as many as it needs, says
go to all at once and counts until the last has told.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from switchroom.jobs.helping import LAUNCH

ROOT = Path(__file__).parents[1]


def measured(
    commands: Sequence[Sequence[str]], *, environment: Mapping[str, str], python: str = sys.executable
) -> dict[str, Any]:
    """This function will run steps side by side and give ``seconds`` from the word until the last was done,
    ``told`` (one result for each) and ``megabytes``, the most memory that one of them held.

    ``python`` is the program of another environment. Raises RuntimeError when one ends without a word.
    """
    processes = [_started([python, "-m", *command], environment) for command in commands]
    for process in processes:
        _line(process)
    seconds, told = _turn(processes)
    for process in processes:
        process.communicate()
    return {"seconds": seconds, "told": told, "megabytes": max(one["megabytes"] for one in told)}


class Turns(NamedTuple):
    """What a side did: the seconds of each of its turns, and the most memory that one of its steps held."""

    seconds: list[float]
    megabytes: float


def in_turns(*sides: tuple[Sequence[Sequence[str]], Mapping[str, str]]) -> list[Turns]:
    """This function will have sides, each some steps and their environment, work in turns, a portion at a
    time, until nothing is left.

    Whatever else the machine does then slows all sides alike. A step tells how many ``portions`` it did.
    """
    teams = [
        [_started([sys.executable, "-m", *command], environment) for command in commands]
        for commands, environment in sides
    ]
    for process in chain(*teams):
        _line(process)
    turns: list[list[float]] = [[] for _ in teams]
    held = [0.0 for _ in teams]
    left = True
    while left:
        for number, team in enumerate(teams):
            seconds, told = _turn(team)
            left = any(one["portions"] for one in told)
            held[number] = max(one["megabytes"] for one in told)
            if left:
                turns[number].append(seconds)
    for process in chain(*teams):
        process.communicate()
    return [Turns(*side) for side in zip(turns, held, strict=True)]


def _turn(processes: Sequence[subprocess.Popen[str]]) -> tuple[float, list[dict[str, Any]]]:
    """Says go to processes that are ready, and gives the seconds until the last has told, and what they
    tell.
    """
    began = perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [json.loads(_line(process)) for process in processes]
    return perf_counter() - began, told


def step(make_ready: Callable[[], Callable[[], dict[str, Any]]]) -> None:
    """This function will be a step's process: ``make_ready`` gives what is measured, each time it is said go;
    that gives figures.
    """
    work = make_ready()
    print("ready", flush=True)
    for _ in sys.stdin:
        began, cpu = perf_counter(), process_time()
        told = work()
        told |= {
            "seconds": perf_counter() - began,
            "cpu_seconds": process_time() - cpu,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(told), flush=True)


def timed_command(*words: str, environment: Mapping[str, str]) -> tuple[float, int, str]:
    """This function will run ``switchroom`` with these words as a user would, where the clock can be moved,
    and give the seconds it took from its start to its end, its exit code and what it said.
    """
    began = perf_counter()
    command = subprocess.run(
        [sys.executable, "-c", LAUNCH, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=_environment(environment) | {"SWITCHROOM_MOVABLE_CLOCK": "true"},
        check=False,
    )
    return perf_counter() - began, command.returncode, command.stdout


def _started(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=_environment(environment),
    )


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours, and a place for what they compile: it is compiled once, whatever the habits of the machine."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _compiled().name}
    return {**os.environ, **environment, **compiled, "PYTHONPATH": str(ROOT)}


@cache
def _compiled() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="switchroom-bench-")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{' '.join(map(str, process.args))} ended without a word")  # type: ignore[arg-type]
    return line
