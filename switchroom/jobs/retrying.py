"""``switchroom retry``: the effects that were given up, for an operator who has mended what kept them from
happening.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from uuid import UUID

from switchroom.plumbing import outbox

LONGEST_REASON = 200


def main(argv: Sequence[str]) -> int:
    """This function will list the effects that were given up, or open them again; 1 when one that is named
    is not on that list, else 0.
    """
    parser = argparse.ArgumentParser(
        prog="switchroom retry",
        description="List the effects that were given up, or try them again: some by their ids, or all.",
    )
    parser.add_argument("ids", metavar="ID", nargs="*", type=UUID, help="which effects, as the list has them")
    parser.add_argument("--all", action="store_true", help="all that were given up")
    parser.add_argument("--kind", help="only those of a kind, such as mail; with --all, or for the list")
    asked = parser.parse_args(argv)
    if asked.ids and (asked.all or asked.kind):
        parser.error("either ids, or --all")
    if asked.all:
        print(f"{outbox.retry_all(asked.kind)} are tried again.")
        return 0
    if asked.ids:
        return _retry(asked.ids)
    return _list(asked.kind)


def _retry(ids: list[UUID]) -> int:
    unknown = [entry_id for entry_id in ids if not outbox.retry(entry_id)]
    for entry_id in unknown:
        print(f"{entry_id} was not given up.")
    print(f"{len(ids) - len(unknown)} are tried again.")
    return 1 if unknown else 0


def _list(kind: str | None) -> int:
    given_up = outbox.dead() if kind is None else outbox.dead().filter(kind=kind)
    count = 0
    for entry in given_up.only("kind", "key", "dead_at", "last_error").iterator():
        reason = " ".join(entry.last_error.split())[:LONGEST_REASON]
        print(f"{entry.pk}  {entry.dead_at:%Y-%m-%d %H:%M} UTC  {entry}\n    {reason}")
        count += 1
    print(f"{count} were given up." if count else "Nothing was given up.")
    return 0
