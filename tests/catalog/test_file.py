"""The catalogue file: what the shipped one says, and for every mistake the line and the reason."""

from __future__ import annotations

import pytest

from switchroom.catalog.file import CatalogueError, parse_catalogue, shipped_catalogue
from switchroom.rules.promise import Grants, Policy, ReductionInTerm

SHIPPED = shipped_catalogue()


def refusal(found: str, replacement: str) -> tuple[str, str]:
    """Put one mistake into the shipped file; return the text of the line that is named, and the reason."""
    assert found in SHIPPED
    text = SHIPPED.replace(found, replacement, 1)
    with pytest.raises(CatalogueError) as refused:
        parse_catalogue(text)
    assert str(refused.value) == f"line {refused.value.line}: {refused.value.reason}"
    return text.split("\n")[refused.value.line - 1].split("  ")[0], refused.value.reason


def test_the_shipped_product() -> None:
    spec = parse_catalogue(SHIPPED, currency="EUR")
    assert (spec.key, spec.currency, spec.number_quarantine_days) == ("ONE", "EUR", 90)
    assert spec.trial_grants == Grants(5, 10, 2)
    assert spec.policy == Policy(
        trial_days=30,
        trial_grace_days=14,
        term_months=12,
        reduction_in_term=ReductionInTerm.REFUSED,
        retention_days=0,
    )
    assert [(one.key, one.unit_price_minor, one.maximum, one.grants) for one in spec.licences] == [
        ("one", 1500, 500, Grants(2, 3, 1)),
        ("extra-trunk-line", 400, 500, Grants(1, 0, 0)),
        ("extra-endpoint", 250, 2000, Grants(0, 1, 0)),
        ("phone-numbers-10", 500, 100, Grants(0, 0, 10)),
    ]
    assert [(one.key, one.unit_price_minor) for one in spec.service_levels] == [
        ("basic", 0),
        ("business", 2900),
    ]
    assert spec.licences[1].name == {"en": "Extra trunk line", "de": "Zusätzliche Leitung"}
    assert spec.bookable == (*spec.licences, *spec.service_levels)


def test_comments_layout_and_line_ends_play_no_part() -> None:
    spaced = SHIPPED.replace("\n", "\r\n").replace("term_months = 12 ", "# a remark\r\nterm_months=12 ")
    assert parse_catalogue(spaced).content_hash == parse_catalogue(SHIPPED).content_hash


def test_whatever_is_said_changes_the_hash() -> None:
    dearer = SHIPPED.replace('"15.00"', '"15.01"')
    assert parse_catalogue(dearer).content_hash != parse_catalogue(SHIPPED).content_hash


@pytest.mark.parametrize(
    ("found", "replacement", "line", "reason"),
    [
        ('"4.00"', "4.00", "unit_price = 4.00", "“unit_price” must be in quotes, for example"),
        ('"4.00"', "4", "unit_price = 4", "“unit_price” must be in quotes"),
        ('"4.00"', '"4.001"', 'unit_price = "4.001"', "with at most two decimals"),
        ('"4.00"', '"-4.00"', 'unit_price = "-4.00"', "must be a price such as"),
        ('"4.00"', '"4,00"', 'unit_price = "4,00"', "must be a price such as"),
        ('"4.00"', '"1000000.01"', 'unit_price = "1000000.01"', "must be at most 1000000.00"),
        ("= 2000", "= 0", "maximum = 0", "“maximum” must be from 1 to 100000, found 0."),
        ("= 2000", "= true", "maximum = true", "“maximum” must be a whole number, found true."),
        ("= 2000", '= "2000"', 'maximum = "2000"', '“maximum” must be a whole number, found "2000".'),
        ("term_months = 12", "term_months = 24", "term_months = 24", "must be from 1 to 23, found 24."),
        ("term_months = 12", "term_months = 0", "term_months = 0", "must be from 1 to 23, found 0."),
        ("trial_days = 30", "trial_days = 0", "trial_days = 0", "must be from 1 to 365, found 0."),
        ("_grace_days = 14", "_grace_days = -1", "trial_grace_days = -1", "must be from 0 to 365"),
        ("_days = 90", "_days = 30", "number_quarantine_days = 30", "must be from 31 to 3650, found 30."),
        ('"refused"', '"allowed"', 'reduction_in_term = "allowed"', 'must be "refused" or "scheduled"'),
        ('"EUR"', '"Euro"', 'currency = "Euro"', 'must be a code such as "EUR"'),
        (
            'key = "ONE"',
            'key = "O N E"',
            'key = "O N E"',
            "must be at most 40 letters, digits and single hyphens",
        ),
        ('"ONE licence"', '" "', 'name.en = " "', "“en” must not be empty."),
        ('"ONE licence"', '"ONE\\nlicence"', 'name.en = "ONE\\nlicence"', "must be one line"),
        ('"ONE licence"', "7", "name.en = 7", "“en” must be text in quotes, found 7."),
        ("endpoints = 10", "endpoints = -1", "endpoints = -1", "must be from 0 to 100000, found -1."),
    ],
)
def test_a_value_that_cannot_be_used(found: str, replacement: str, line: str, reason: str) -> None:
    where, why = refusal(found, replacement)
    assert where.startswith(line)
    assert reason in why


@pytest.mark.parametrize(
    ("found", "replacement", "line", "reason"),
    [
        (
            "maximum = 2000",
            "maximun = 2000",
            "maximun = 2000",
            "“maximun” is not known. Did you mean “maximum”?",
        ),
        ("maximum = 2000", "", "[[licences]]", "In “licences”, number 3: “maximum” is missing."),
        (
            "maximum = 2000",
            "maximum = 1\nminimum = 1",
            "minimum = 1",
            "“minimum” is not known. Known here: key,",
        ),
        (
            'name.de = "10 Rufnummern"',
            "",
            'name.en = "10 phone',
            "In “licences”, number 4, “name”: “de” is missing.",
        ),
        ("retention_days", "retentoin_days", "retentoin_days", "Did you mean “retention_days”?"),
        ("[product]", "[produce]", "[produce]", "“produce” is not known"),
        ("{ endpoints = 1 }", "{}", "grants = {}", "must name at least one of trunk_lines, endpoints"),
        ("{ endpoints = 1 }", "{ endpoint = 1 }", "grants = { endpoint", "“endpoint” is not known"),
        ("{ endpoints = 1 }", "{ endpoints = 0 }", "grants = { endpoints", "must name at least one"),
        ("{ endpoints = 1 }", "[\n  1,\n]", "grants = [", "“grants” must be a table, found [1]."),
        ("\n[[licences]]", "\n[other]\nx = 1\n[[licences]]", "[other]", "“other” is not known"),
    ],
)
def test_a_key_that_is_missing_or_not_known(found: str, replacement: str, line: str, reason: str) -> None:
    where, why = refusal(found, replacement)
    assert where.startswith(line)
    assert reason in why


def test_keys_differ() -> None:
    assert refusal('key = "extra-endpoint"', 'key = "one"') == (
        'key = "one"',
        '“key” must differ from all others; "one" stands above already.',
    )
    assert refusal('key = "business"', 'key = "one"')[0] == 'key = "one"'


def test_exactly_one_service_level_is_included() -> None:
    where, why = refusal('"29.00"', '"0.00"')
    assert where == 'unit_price = "0.00"'
    assert why.endswith("This is one more.")
    where, why = refusal('"0.00"\nreaction', '"1.00"\nreaction')
    assert where == "[[service_levels]]"
    assert why.endswith("Here none has.")


@pytest.mark.parametrize(
    ("found", "replacement", "line", "reason"),
    [
        ('"ONE licence"', '"ONE licence', 'name.en = "ONE licence', "A text must end on its line"),
        ("maximum = 2000", "maximum 2000", "maximum 2000", "This is not valid TOML."),
        ("maximum = 2000", "maximum = 2000\nmaximum = 1", "maximum = 1", "This is not valid TOML."),
    ],
)
def test_broken_syntax(found: str, replacement: str, line: str, reason: str) -> None:
    where, why = refusal(found, replacement)
    assert where == line
    assert why.startswith(reason)


def test_a_file_that_ends_too_early() -> None:
    with pytest.raises(CatalogueError, match=r"line 2: This is not valid TOML\."):
        parse_catalogue('[product]\nname = { en = "ONE"')


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n", "licences = 1"])
def test_a_file_without_a_product(text: str) -> None:
    with pytest.raises(CatalogueError, match="line 1: “product” is missing"):
        parse_catalogue(text)


def test_lists_must_be_tables_and_hold_something() -> None:
    product = SHIPPED.split("[[licences]]", maxsplit=1)[0]
    with pytest.raises(CatalogueError, match="“licences” must hold at least one"):
        parse_catalogue("licences = []\n" + product)
    with pytest.raises(CatalogueError, match="line 1: “licences” must be written as tables"):
        parse_catalogue("licences = [1]\n" + product)


def test_the_providers_currency_is_asked_for() -> None:
    with pytest.raises(
        CatalogueError, match="must be CHF, in which this provider bills, found EUR"
    ) as refused:
        parse_catalogue(SHIPPED, currency="CHF")
    assert SHIPPED.split("\n")[refused.value.line - 1].startswith("currency")
