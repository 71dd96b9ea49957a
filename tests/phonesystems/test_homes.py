"""Which of several edges serves a phone system, as operators say it (``edge move``)."""

from __future__ import annotations

import pytest
from django.test import override_settings
from pytest_django import Settings

from switchroom.config.installation import EdgeAt
from switchroom.jobs import edge as command
from switchroom.phonesystems.edges import edge
from switchroom.phonesystems.models import PhoneSystem
from switchroom.phonesystems.setting_up import take_over
from switchroom.subscriptions.models import Subscription
from tests.phonesystems.conftest import AT, DAY, ENTITLED, SetsUp, edge_caught_up, events_of

Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def two_edges(settings: Settings) -> None:
    edges = [
        EdgeAt(name=name, address=f"192.0.2.{last}:5060") for last, name in enumerate(("north", "south"))
    ]
    settings.INSTALLATION = settings.INSTALLATION.model_copy(update={"edges": edges})


def homes_of(*phone_systems: PhoneSystem) -> list[tuple[str, str]]:
    for one in phone_systems:
        one.refresh_from_db()
    return [(one.home_edge, one.standby_edge) for one in phone_systems]


def test_a_phone_system_is_moved_and_the_edge_learns_of_it(acme: PhoneSystem, capsys: Printed) -> None:
    assert command.main(["move", "acme.phones.example.com", "--to", "north", "--standby", "south"]) == 0
    assert capsys.readouterr().out == ("1 phone system moved: now at north, with south as the standby.\n")
    assert (homes_of(acme), events_of(acme)) == ([("north", "south")], ["edge_moved"])
    edge_caught_up()
    known = edge().known("acme")
    assert known is not None
    assert (known.home_edge, known.standby_edge) == ("north", "south")
    assert command.main(["move", "ACME", "--to", "north", "--standby", "south"]) == 0
    assert "0 phone systems moved: now at north, with south as the standby; 1 were already" in (
        capsys.readouterr().out
    )
    assert events_of(acme) == ["edge_moved"]


def test_all_of_an_edge_are_moved_off_it(acme: PhoneSystem, bolt: PhoneSystem, capsys: Printed) -> None:
    for name in ("acme", "bolt"):
        command.main(["move", name, "--to", "north"])
    assert command.main(["move", "--all-of", "north", "--to", "south"]) == 0
    assert homes_of(acme, bolt) == [("south", "")] * 2
    assert command.main(["move", "--all-of", "north", "--everywhere"]) == 1
    assert "No phone system has the home north." in capsys.readouterr().out
    assert command.main(["move", "--all-of", "south", "--everywhere"]) == 0
    assert homes_of(acme, bolt) == [("", "")] * 2


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["nobody", "--to", "north"], "There is no phone system nobody."),
        (["acme", "--to", "west"], "acme: There is no edge west. SWITCHROOM_EDGES names: north, south."),
        (["acme", "--to", "north", "--standby", "north"], "acme: A standby is another edge than the home"),
        (["acme", "--everywhere", "--standby", "north"], "acme: A standby is another edge than the home"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    acme: PhoneSystem, capsys: Printed, typed: list[str], sentence: str
) -> None:
    assert command.main(["move", *typed]) == 1
    assert capsys.readouterr().out.startswith(sentence)
    assert (homes_of(acme), events_of(acme)) == ([("", "")], [])


def test_new_phone_systems_have_the_installations_home(sets_up: SetsUp, settings: Settings) -> None:
    own = settings.INSTALLATION.model_copy(update={"edge_home": "south", "edge_standby": "north"})
    with override_settings(INSTALLATION=own):
        assert homes_of(sets_up("Later")) == [("south", "north")]


def test_a_follow_up_stays_where_its_phones_are(acme: PhoneSystem, follow_up: Subscription) -> None:
    command.main(["move", "acme", "--to", "north"])
    acme.refresh_from_db()
    new = take_over(old=acme, subscription=follow_up, entitled=ENTITLED, day=DAY, at=AT)
    assert homes_of(new) == [("north", "")]
