"""Measuring side by side: the rounds of all candidates alternate, so that a noisy moment hits each alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter


def seconds_each(
    candidates: Mapping[str, Callable[[], object]], *, calls: int, rounds: int
) -> dict[str, float]:
    """This function will give the median seconds of one call of each candidate, measured in alternating
    rounds.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, call in candidates.items():
            began = perf_counter()
            for _ in range(calls):
                call()
            taken[name].append((perf_counter() - began) / calls)
    return {name: median(values) for name, values in taken.items()}
