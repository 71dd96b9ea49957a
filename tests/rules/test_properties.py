"""What holds for every life, tried on many random ones (rules 2.3, 4.4, 5.3, 5.4, 5.6, 5.9 and 5.10)."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from switchroom.replay.format import read_life
from switchroom.replay.lives import LivedLife, live
from switchroom.replay.report import report
from switchroom.rules.corrections import IssuedCharge, IssuedUse, correct
from tests.lives import Document, lives, many_lives, some_lives
from tests.rules.late_office import live_late
from tests.rules.laws_of_a_life import LAWS, Lived


def lived(life: Document) -> Lived:
    read = read_life(json.dumps(life).encode())
    return Lived(life, report(live(read)), read.product)


@many_lives
@given(lives())
def test_every_life_keeps_every_law(life: Document) -> None:
    result = lived(life)
    for law in LAWS:
        law(result)


@many_lives
@given(lives(), st.lists(st.integers(0, 1500), max_size=6))
def test_however_late_and_often_a_run_happens_the_lines_are_the_same(
    life: Document, run_days: list[int]
) -> None:
    read = read_life(json.dumps(life).encode())
    punctual = live(read)
    late = live_late(read, [read.events[0].on + timedelta(days=days) for days in run_days])

    def lines(outcome: LivedLife) -> list[tuple[object, ...]]:
        charges = [
            (str(charge.month), charge.item_id, charge.net_minor, charge.days)
            for document in outcome.documents
            for charge in document.draft.charges
        ]
        uses = [
            (str(document.on)[:7], use.credit_id, use.net_minor)
            for document in outcome.documents
            for use in document.draft.uses
        ]
        return [*sorted(charges, key=str), *sorted(uses, key=str)]

    assert lines(late.lived) == lines(punctual)
    assert [credit.left_minor for credit in late.lived.credits] == [
        credit.left_minor for credit in punctual.credits
    ]
    assert [one.event for one in late.lived.refusals] == [one.event for one in punctual.refusals]


@some_lives
@given(lives())
def test_what_was_refused_changed_nothing(life: Document) -> None:
    result = lived(life)
    refused = {one["event"] for one in result.result["refused"]}
    granted = [event for number, event in enumerate(life["events"]) if number not in refused]
    assert lived({**life, "events": granted}).result == {**result.result, "refused": []}


@some_lives
@given(lives())
def test_living_every_day_and_only_the_due_ones_is_the_same(life: Document) -> None:
    read = read_life(json.dumps(life).encode())
    assert report(live(read, every_day=True)) == report(live(read))


@some_lives
@given(lives(), st.integers(0, 400))
def test_a_shorter_look_sees_the_beginning_of_the_longer_one(life: Document, days: int) -> None:
    until = max(
        date.fromisoformat(life["events"][0]["on"]), date.fromisoformat(life["until"]) - timedelta(days=days)
    ).isoformat()
    whole = lived(life).result
    shorter = lived({**life, "until": until}).result
    for key in ("documents", "states", "entitlements"):
        day = "on" if key == "documents" else "from"
        assert shorter[key] == [row for row in whole[key] if row[day] <= until]


@some_lives
@given(lives(), st.randoms(use_true_random=False))
def test_corrections_never_return_more_than_was_received(life: Document, order: random.Random) -> None:
    outcome = live(read_life(json.dumps(life).encode()))
    left = {place: credit.left_minor for place, credit in enumerate(outcome.credits)}
    granted = {credit.grant.item_id: place for place, credit in enumerate(outcome.credits)}
    received = sum(document.draft.net_minor for document in outcome.documents)
    returned = 0
    documents = list(outcome.documents)
    order.shuffle(documents)
    for document in documents:
        charges = []
        for line, charge in enumerate(document.draft.charges):
            place = granted.get(charge.item_id)
            is_origin = place is not None and outcome.credits[place].from_document == document.number
            of_line = outcome.credits[place].grant.net_minor if is_origin and place is not None else 0
            still_left = left[place] if is_origin and place is not None else 0
            charges.append(IssuedCharge(line, charge.net_minor, of_line, still_left))
        uses = [
            IssuedUse(1_000 + line, use.credit_id, use.net_minor)
            for line, use in enumerate(document.draft.uses)
        ]
        correction = correct(charges, uses)
        for issued in charges:
            assert -issued.net_minor <= correction.lines[issued.line_id] <= 0
            if issued.granted_minor:
                place = granted[document.draft.charges[int(issued.line_id)].item_id]
                left[place] = 0
        for credit_id, amount in correction.given_back.items():
            left[int(credit_id)] += amount
        assert correction.net_minor <= 0
        returned -= correction.net_minor
        assert returned <= received
    assert returned + sum(left.values()) == received
