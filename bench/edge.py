"""What the telephone edge costs and how fast it follows: calls, purchases, registrations, reloading.

The shipped edge runs beside one without the limit of trunk lines and one without dialogs, on the same
database and on loopback; loads alternate between them. Nothing is timed before it was shown that the limit is
exact, and a call that is measured and not answered ends the measurement.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from bench._edge_buying import seconds_to_admission
from bench._edge_gate import check_limit, check_no_limit
from bench._edge_load import Load, call, phones
from bench._edge_load import register as register_many
from bench._edge_place import SECRET, Parties, Party, open_place
from bench._edge_running import Edge, NotMeasured, edges
from bench._edge_serial import Line, register, while_it_happens
from bench._report import reported
from switchroom.config.cluster import programs, temporary_postgresql

SHIPPED, UNLIMITED, UNTRACKED = "shipped", "unlimited", "untracked"
AT_LEAST = {"registrations_a_second": 5_000}
AT_MOST = {"enforcement_cpu_ratio": 1.25, "purchase_to_admitted_ms_p99": 500}
AFTER_SECONDS = 3.0
"""So long the edge still cleans up after a call has ended."""
WARM_UP_CALLS = 20
REGISTERED_AT_ONCE = 25
RELOAD_SECONDS = 60.0
FULL_RATE = 0.95
"""A rate is kept up when sipp itself came near it; it may wait for the edge or for the machine."""


class Size(NamedTuple):
    """How much is measured."""

    accounts: int
    rounds: int
    round_seconds: float
    rate: int
    steps: Sequence[int]
    step_seconds: float
    serial_calls: int
    buyers: int
    purchases_each: int
    registering: int
    reloads: int


FULL = Size(
    accounts=5_000,
    rounds=24,
    round_seconds=2,
    rate=600,
    steps=(750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_500, 3_000, 3_500),
    step_seconds=6,
    serial_calls=2_000,
    buyers=12,
    purchases_each=10,
    registering=40_000,
    reloads=3,
)
QUICK = Size(
    accounts=500,
    rounds=3,
    round_seconds=1,
    rate=600,
    steps=(500, 1_000),
    step_seconds=1.5,
    serial_calls=300,
    buyers=4,
    purchases_each=5,
    registering=5_000,
    reloads=1,
)


def main(quick: bool) -> dict[str, Any]:
    """This function will measure and give the figures; ``quick`` takes a small provider and short rounds."""
    size = QUICK if quick else FULL
    found = programs()
    if found is None:
        raise NotMeasured("PostgreSQL is not installed, so there is nothing to measure.")
    with (
        temporary_postgresql(found, settings={"listen_addresses": "127.0.0.1"}) as url,
        tempfile.TemporaryDirectory(prefix="switchroom-edge-") as folder,
    ):
        parties = open_place(folder, url, accounts=size.accounts, buyers=size.buyers)
        figures: dict[str, float] = {"endpoints": len(parties.endpoints)}
        with edges([SHIPPED, UNLIMITED, UNTRACKED]) as running:
            figures |= _side_by_side(running, parties, size)
        with edges([SHIPPED]) as running:
            figures |= _alone(running[SHIPPED], parties, size)
        from django.db import connection

        connection.close()
    return reported("edge", figures, at_least=AT_LEAST, at_most=AT_MOST)


def _side_by_side(running: dict[str, Edge], parties: Parties, size: Size) -> dict[str, float]:
    """What is compared between edges."""
    check_limit(running[SHIPPED], parties.spare)
    check_no_limit(running[UNLIMITED], parties.spare)
    with _answering(list(running.values()), parties.called) as numbers:
        figures = _cpu_of_calls(running, numbers, size)
    return figures | _latency({name: running[name] for name in (SHIPPED, UNLIMITED)}, parties.spare, size)


def _alone(edge: Edge, parties: Parties, size: Size) -> dict[str, float]:
    """What the shipped edge does where no other shares the machine."""
    with _answering([edge], parties.called) as numbers:
        figures = _most_calls(edge, numbers, size)
    figures |= _buying(edge, parties.buyers, size)
    figures |= _reloading(edge, parties.spare, size)
    return figures | _registering(edge, parties.endpoints[: size.registering])


@contextmanager
def _answering(running: Sequence[Edge], called: Sequence[Party]) -> Iterator[list[str]]:
    """Has the phones of these answer while the block runs, and gives their numbers."""
    with phones() as address:
        with ThreadPoolExecutor(REGISTERED_AT_ONCE) as hands:
            for edge in running:
                list(hands.map(lambda party, edge=edge: register(edge, party, at=address), called))
        yield [party.number for party in called]


def _cpu_of_calls(running: dict[str, Edge], numbers: Sequence[str], size: Size) -> dict[str, float]:
    """Rounds of all edges take turns; the first turn is to warm up.

    An edge still cleans up while the next one works, so what it used is counted when its next round begins.
    At rest it uses next to nothing.
    """
    used: dict[str, list[float]] = {name: [] for name in running}
    done = int(size.rate * size.round_seconds)
    for turn in range(size.rounds + 1):
        for name, edge in running.items():
            if turn:
                used[name].append(edge.cpu_seconds())
            _all_answered(edge, numbers, rate=size.rate, seconds=size.round_seconds)
    time.sleep(AFTER_SECONDS)
    for name, edge in running.items():
        used[name].append(edge.cpu_seconds())
    calls = {
        name: [1e6 * (after - before) / done for before, after in pairwise(seconds)]
        for name, seconds in used.items()
    }
    to_unlimited = _ratios(calls[SHIPPED], calls[UNLIMITED])
    return {
        "rate_of_rounds": size.rate,
        **{f"cpu_us_a_call_{name}": median(calls[name]) for name in running},
        "enforcement_cpu_ratio": median(to_unlimited),
        "enforcement_cpu_ratio_middle_half_from": _percentile(to_unlimited, 25),
        "enforcement_cpu_ratio_middle_half_to": _percentile(to_unlimited, 75),
        "shipped_to_untracked_cpu_ratio": median(_ratios(calls[SHIPPED], calls[UNTRACKED])),
    }


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def _cpu_later(edge: Edge) -> float:
    time.sleep(AFTER_SECONDS)
    return edge.cpu_seconds()


def _all_answered(edge: Edge, numbers: Sequence[str], *, rate: int, seconds: float) -> Load:
    load = call(edge, numbers, rate=rate, seconds=seconds)
    if load.failed or load.done != int(rate * seconds):
        raise NotMeasured(
            f"{load.failed} of {load.failed + load.done} calls by way of the {edge.name} edge failed at "
            f"{rate} a second ({load.why}); a measured call must be answered."
        )
    return load


def _most_calls(edge: Edge, numbers: Sequence[str], size: Size) -> dict[str, float]:
    """Goes up the steps to the first at which a call fails or the rate is not kept up."""
    reached = 0.0
    for rate in size.steps:
        load = call(edge, numbers, rate=rate, seconds=size.step_seconds)
        print(
            f"{rate} calls a second: {load.done} done at {load.rate:.0f} a second, {load.failed} failed "
            f"({load.why or 'none'}), {load.repeated} messages repeated"
        )
        if load.failed:
            break
        reached = max(reached, load.rate)
        if load.rate < FULL_RATE * rate:
            break
    if not reached:
        raise NotMeasured(f"Not even {size.steps[0]} calls a second could be made without a loss.")
    return {"calls_a_second_without_loss": reached}


def _latency(running: dict[str, Edge], party: Party, size: Size) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in running}
    with ExitStack() as until_end:
        lines = {name: until_end.enter_context(closing(Line(edge, party))) for name, edge in running.items()}
        for turn in range(size.serial_calls + WARM_UP_CALLS):
            for name, line in lines.items():
                to_phone = line.call().to_phone
                if turn >= WARM_UP_CALLS:
                    taken[name].append(1e6 * to_phone)
    added = [with_it - without for with_it, without in zip(taken[SHIPPED], taken[UNLIMITED], strict=True)]
    return {
        "invite_us_p50": median(taken[SHIPPED]),
        "invite_us_p99": _percentile(taken[SHIPPED], 99),
        "invite_us_p50_unlimited": median(taken[UNLIMITED]),
        "invite_us_added_by_enforcement": median(added),
    }


def _buying(edge: Edge, buyers: Sequence[Party], size: Size) -> dict[str, float]:
    seconds = seconds_to_admission(edge, buyers, each=size.purchases_each)
    return {
        "purchases": len(seconds),
        "purchase_to_admitted_ms_p50": 1000 * median(seconds),
        "purchase_to_admitted_ms_p99": 1000 * _percentile(seconds, 99),
        "purchase_to_admitted_ms_worst": 1000 * max(seconds),
    }


def _reloading(edge: Edge, party: Party, size: Size) -> dict[str, float]:
    with closing(Line(edge, party)) as line:
        before = [line.call().to_answer for _ in range(size.serial_calls)]
        reloads = [
            while_it_happens(line, lambda: edge.ask("htable.reload", "endpoint", seconds=RELOAD_SECONDS))
            for _ in range(size.reloads)
        ]
    return {
        "reload_endpoints_seconds": median(seconds for seconds, _ in reloads),
        "answer_ms_worst_while_reloading": 1000 * max(one.to_answer for _, calls in reloads for one in calls),
        "answer_ms_worst_before": 1000 * max(before),
        "calls_while_reloading": sum(len(calls) for _, calls in reloads),
    }


def _registering(edge: Edge, endpoints: Sequence[tuple[str, str]]) -> dict[str, float]:
    began = edge.cpu_seconds()
    load = register_many(edge, endpoints, secret=SECRET)
    if load.failed or load.done != len(endpoints):
        raise NotMeasured(f"{load.failed} of {len(endpoints)} registrations failed.")
    return {
        "registrations": load.done,
        "registrations_a_second": load.rate,
        "cpu_us_a_registration": 1e6 * (_cpu_later(edge) - began) / load.done,
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
