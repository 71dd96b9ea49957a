"""Loading: the same content changes nothing, a change becomes the next version, none ever changes."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from switchroom.catalog.command import load
from switchroom.catalog.file import CatalogueError, parse_catalogue, shipped_catalogue
from switchroom.catalog.loading import LoadedBackwards, load_catalogue
from switchroom.catalog.models import Licence, LicenceKind, Product, ProductVersion
from switchroom.catalog.queries import (
    NotOnSale,
    addition_of,
    grants_of,
    licences_of,
    policy_of,
    service_levels_of,
    spec_of,
    trial_grants_of,
    version_on_sale,
)
from switchroom.plumbing.ids import new_id
from switchroom.rules.promise import Grants, Policy
from switchroom.rules.upgrades import Addition

SHIPPED = shipped_catalogue()
DEARER = SHIPPED.replace('"15.00"', '"16.00"')
JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture
def version(db: None) -> ProductVersion:
    """The shipped product, on sale from 1 June."""
    return load_catalogue(SHIPPED, JUNE).version


def test_the_first_loading_puts_a_product_on_sale(version: ProductVersion) -> None:
    assert (version.number, version.valid_from_on, version.currency) == (1, JUNE, "EUR")
    rows = [(row.key, row.kind, row.unit_price_minor, row.maximum) for row in licences_of(version)]
    assert rows == [
        ("one", LicenceKind.LICENCE, 1500, 500),
        ("extra-trunk-line", LicenceKind.LICENCE, 400, 500),
        ("extra-endpoint", LicenceKind.LICENCE, 250, 2000),
        ("phone-numbers-10", LicenceKind.LICENCE, 500, 100),
        ("basic", LicenceKind.SERVICE_LEVEL, 0, 1),
        ("business", LicenceKind.SERVICE_LEVEL, 2900, 1),
    ]
    assert [row.key for row in service_levels_of(version)] == ["basic", "business"]


def test_what_is_stored_says_what_the_file_says(version: ProductVersion) -> None:
    read = ProductVersion.objects.select_related("product").get()
    assert spec_of(read) == parse_catalogue(SHIPPED)
    assert spec_of(read).content_hash == read.content_hash


def test_the_rules_get_their_own_shapes(version: ProductVersion) -> None:
    one, *_others, business = licences_of(version)
    assert policy_of(version) == Policy()
    assert trial_grants_of(version) == Grants(5, 10, 2)
    assert grants_of(one) == Grants(2, 3, 1)
    item_id = new_id()
    assert addition_of(one, item_id=item_id, quantity=4) == Addition(item_id, "one", 4, 1500, Grants(2, 3, 1))
    assert addition_of(business, item_id=item_id, quantity=1) == Addition(
        item_id, "business", 1, 2900, is_service_level=True
    )


def test_the_same_content_again_changes_nothing(version: ProductVersion) -> None:
    again = load_catalogue("# a remark\n" + SHIPPED, JULY)
    assert (again.version, again.is_new, again.changes) == (version, False, ())
    assert ProductVersion.objects.count() == 1


def test_a_change_becomes_the_next_version(version: ProductVersion) -> None:
    loaded = load_catalogue(DEARER, JULY)
    assert (loaded.version.number, loaded.is_new) == (2, True)
    assert loaded.changes == ("licence one: unit_price was 15.00, is 16.00",)
    assert licences_of(version)[0].unit_price_minor == 1500
    assert licences_of(loaded.version)[0].unit_price_minor == 1600


def test_going_back_to_former_prices_is_a_change_too(version: ProductVersion) -> None:
    load_catalogue(DEARER, JULY)
    assert load_catalogue(SHIPPED, AUGUST).version.number == 3


def test_every_change_is_reported(version: ProductVersion) -> None:
    text = (
        SHIPPED.replace("term_months = 12", "term_months = 6")
        .replace("trunk_lines = 5\n", "trunk_lines = 6\n")
        .replace('name.de = "10 Rufnummern"', 'name.de = "Zehn Rufnummern"')
        .replace('key = "extra-endpoint"', 'key = "endpoint"')
    )
    assert load_catalogue(text, JULY).changes == (
        "term_months was 12, is 6",
        "trial_grants.trunk_lines was 5, is 6",
        "licence endpoint is new at 2.50",
        "licence phone-numbers-10: name.de was 10 Rufnummern, is Zehn Rufnummern",
        "licence extra-endpoint is no longer sold",
    )


def test_another_order_is_reported(version: ProductVersion) -> None:
    head, *licences = SHIPPED.split("[[licences]]")
    text = "[[licences]]".join([head, licences[1], licences[0], *licences[2:]])
    assert load_catalogue(text, JULY).changes == ("licences stand in another order",)


def test_the_version_on_sale_is_that_of_the_day(version: ProductVersion) -> None:
    later = load_catalogue(DEARER, JULY).version
    assert version_on_sale("ONE", date(2026, 6, 30)) == version
    assert version_on_sale("ONE", JULY) == later
    with pytest.raises(NotOnSale, match="No version of ONE is on sale on 2026-05-31"):
        version_on_sale("ONE", date(2026, 5, 31))
    with pytest.raises(NotOnSale):
        version_on_sale("TWO", JULY)


def test_of_two_versions_of_one_day_the_later_is_on_sale(version: ProductVersion) -> None:
    assert version_on_sale("ONE", JUNE) == version
    second = load_catalogue(DEARER, JUNE).version
    assert version_on_sale("ONE", JUNE) == second


def test_a_change_cannot_be_on_sale_before_the_latest_version(version: ProductVersion) -> None:
    with pytest.raises(LoadedBackwards, match="on sale from 2026-06-01"):
        load_catalogue(DEARER, date(2026, 5, 31))
    assert not load_catalogue(SHIPPED, date(2026, 5, 31)).is_new


def test_a_wrong_file_changes_nothing(version: ProductVersion) -> None:
    with pytest.raises(CatalogueError):
        load_catalogue(DEARER.replace("term_months = 12", "term_months = 24"), JULY)
    assert ProductVersion.objects.count() == 1


def test_another_product_stands_beside(version: ProductVersion) -> None:
    other = load_catalogue(SHIPPED.replace('key = "ONE"', 'key = "TWO"'), JUNE).version
    assert (other.number, other.product.key) == (1, "TWO")
    assert version_on_sale("ONE", JUNE) == version


def test_stored_versions_never_change(version: ProductVersion) -> None:
    for rows in (ProductVersion.objects.all(), Licence.objects.all()):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
            rows.update(currency="CHF")
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Product.objects.update(key="TWO")
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Product.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    "wrong",
    [
        {"term_months": 0},
        {"term_months": 24},
        {"trial_days": 0},
        {"number_quarantine_days": 30},
        {"reduction_in_term": "allowed"},
        {"currency": "eur"},
        {"number": 0},
        {"number": 1},
        {"retention_days": -1},
    ],
)
def test_the_database_refuses_terms_that_the_law_forbids(
    version: ProductVersion, wrong: dict[str, object]
) -> None:
    fields = {"number": 2, **wrong}
    row = ProductVersion.objects.get()
    row.pk = new_id()
    for name, value in fields.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "one"},
        {"position": 1},
        {"unit_price_minor": -1},
        {"maximum": 0},
        {"endpoints": -1},
        {"kind": "gift"},
        {"kind": LicenceKind.SERVICE_LEVEL},
    ],
)
def test_the_database_refuses_licences_that_cannot_be(
    version: ProductVersion, wrong: dict[str, object]
) -> None:
    row = licences_of(version)[0]
    row.pk = new_id()
    for name, value in {"key": "new", "position": 9, **wrong}.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_load_at_once_make_one_version() -> None:
    barrier = threading.Barrier(4)
    outcomes: list[bool] = []

    def loads() -> None:
        try:
            barrier.wait(timeout=30)
            outcomes.append(load_catalogue(SHIPPED, JUNE).is_new)
        finally:
            connection.close()

    threads = [threading.Thread(target=loads) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == [False, False, False, True]
    assert ProductVersion.objects.count() == 1


@pytest.mark.usefixtures("town_clock")
class TestTheCommand:
    """``switchroom catalogue load FILE``, on 1 June 2026."""

    def test_it_says_what_is_on_sale_and_what_changed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "one.toml"
        file.write_text(SHIPPED, encoding="utf-8-sig")
        assert load(file) == 0
        assert load(file) == 0
        file.write_text(DEARER, encoding="utf-8")
        assert load(str(file)) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        assert shown.out.splitlines() == [
            "ONE version 1 is on sale from 2026-06-01.",
            "Nothing changed: ONE version 1 says the same.",
            "ONE version 2 is on sale from 2026-06-01.",
            "  licence one: unit_price was 15.00, is 16.00",
        ]

    def test_it_names_the_line_of_a_mistake(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = tmp_path / "one.toml"
        file.write_text(SHIPPED.replace('"15.00"', "15.00"), encoding="utf-8")
        assert load(file) == 2
        line = SHIPPED.split("\n").index('unit_price = "15.00"') + 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err == (
            f"{file}, line {line}: “unit_price” must be in quotes, "
            'for example "15.00", to stay exact; found 15.0.\n'
        )
        assert not Product.objects.exists()

    def test_it_names_the_line_of_a_letter_in_another_encoding(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "one.toml"
        file.write_bytes("[product]\nname.de = 'Grün'\n".encode("latin-1"))
        assert load(file) == 2
        assert "line 2: A letter is not written in UTF-8" in capsys.readouterr().err

    def test_it_says_when_a_file_cannot_be_read(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert load(tmp_path / "none.toml") == 2
        assert load(tmp_path) == 2
        assert capsys.readouterr().err.count("the file cannot be read") == 2

    def test_it_refuses_a_day_before_the_latest_version(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        load_catalogue(SHIPPED, JULY)
        file = tmp_path / "one.toml"
        file.write_text(DEARER, encoding="utf-8")
        assert load(file) == 2
        assert "cannot be on sale from 2026-06-01 already" in capsys.readouterr().err
