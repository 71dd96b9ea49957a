"""What every measurement ends with: a table for people, and one object that says whether bounds are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_BOUNDS: Mapping[str, float] = {}


def reported(
    name: str,
    figures: Mapping[str, float],
    *,
    at_least: Mapping[str, float] = NO_BOUNDS,
    at_most: Mapping[str, float] = NO_BOUNDS,
) -> dict[str, Any]:
    """This function will print the figures beside their bounds and return the object; bounds of figures that
    were not measured are left out.
    """
    for figure, value in figures.items():
        signs = [f"≥ {at_least[figure]}"] if figure in at_least else []
        signs += [f"≤ {at_most[figure]}"] if figure in at_most else []
        print(f"{figure:52} {value:>14,.2f}  {' '.join(signs)}".rstrip())
    return result(name, figures, at_least=at_least, at_most=at_most)


def result(
    name: str,
    figures: Mapping[str, float],
    *,
    at_least: Mapping[str, float] = NO_BOUNDS,
    at_most: Mapping[str, float] = NO_BOUNDS,
) -> dict[str, Any]:
    """This function will return the object: name, figures, the bounds of those that were measured, and
    whether they are kept.
    """
    lower = {figure: bound for figure, bound in at_least.items() if figure in figures}
    upper = {figure: bound for figure, bound in at_most.items() if figure in figures}
    return {
        "name": name,
        "figures": {figure: round(value, 3) for figure, value in figures.items()},
        "must": {**lower, **upper},
        "ok": all(figures[figure] >= bound for figure, bound in lower.items())
        and all(figures[figure] <= bound for figure, bound in upper.items()),
    }
