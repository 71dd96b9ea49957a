"""Names become SIP labels; a label belongs to one phone system."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchroom.phonesystems.models import SIP_LABEL, PhoneSystem
from switchroom.phonesystems.naming import LONGEST_NAME, check_name_free, sip_domain_of, sip_label_from
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import SetsUp


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Acme", "acme"),
        ("Müller & Söhne GmbH", "mueller-soehne-gmbh"),
        ("Straße 7", "strasse-7"),
        ("GROẞ", "gross"),
        ("Café Zoë", "cafe-zoe"),
        ("Mu\u0308ller", "mueller"),  # the umlaut as two characters
        ("Łódź", "lodz"),
        ("  24 Stunden -- Pflege!  ", "24-stunden-pflege"),
        ("ä" * LONGEST_NAME, ("ae" * LONGEST_NAME)[:63]),
        ("a" * 62 + "-", "a" * 62),
    ],
)
def test_it_spells_a_name_as_a_label(name: str, label: str) -> None:
    assert sip_label_from(name) == label


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Please fill this in."),
        ("   ", "Please fill this in."),
        ("x" * (LONGEST_NAME + 1), "Please use at most 63 characters."),
        ("Acme\x00", "Please use only characters that can be printed, without line breaks."),
        (
            "Привет",
            (
                "“Привет” holds no Latin letter and no digit, so it cannot become an address. "
                "Please choose another name."
            ),
        ),
        ("WWW", "“WWW” is kept for the provider. Please choose another name."),
        ("Sip!", "“Sip!” is kept for the provider. Please choose another name."),
    ],
)
def test_it_refuses_names_that_cannot_become_an_address(name: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        sip_label_from(name)
    assert str(refused.value) == sentence
    assert refused.value.rule == "8"


@given(st.text())
def test_whatever_is_typed_becomes_a_valid_label_or_is_refused(name: str) -> None:
    try:
        label = sip_label_from(name)
    except Refused:
        return
    SIP_LABEL(label)
    assert sip_label_from(label) == label


def test_it_returns_the_label_of_a_free_name(acme: PhoneSystem) -> None:
    assert check_name_free(name="Acme Berlin") == "acme-berlin"


def test_it_refuses_a_name_that_is_taken_and_suggests_a_free_one(acme: PhoneSystem, sets_up: SetsUp) -> None:
    sets_up("Acme 2")
    with pytest.raises(Refused) as refused:
        check_name_free(name="ACME")
    assert str(refused.value) == "The name “ACME” is already taken. “ACME 3” is free."
    assert refused.value.rule == "3.1"
    assert check_name_free(name="ACME 3") == "acme-3"


@pytest.mark.parametrize("name", ["Ä" * LONGEST_NAME, "a" * LONGEST_NAME, "www" + "." * 59 + "x"])
def test_it_finds_a_free_name_for_the_longest_too(sets_up: SetsUp, name: str) -> None:
    sets_up(name)
    with pytest.raises(Refused) as refused:
        check_name_free(name=name)
    suggestion = str(refused.value.params["suggestion"])
    assert check_name_free(name=suggestion) == sip_label_from(suggestion)


def test_its_domain_lies_below_the_provider_s(acme: PhoneSystem) -> None:
    assert sip_domain_of(acme) == "acme.phones.example.com"
