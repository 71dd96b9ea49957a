"""What a member types for a port-in: numbers and ranges, the contract, the day, a document (rule 8.3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from switchroom.phonesystems.documents import LARGEST_BYTES
from switchroom.phonesystems.port_ins import DocumentKind
from switchroom.phonesystems.signed_orders import (
    LONGEST_WAIT_DAYS,
    MOST_NUMBERS,
    OrderRefused,
    numbers_in,
    read_order,
)
from switchroom.rules.refusals import Refused
from tests.phonesystems.conftest import DAY
from tests.phonesystems.papers import JPEG, PDF, PNG, TYPED, signed_order

TEN = [f"+49309876{last:02}" for last in range(10)]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("030 9876500", ["+49309876500"]),
        ("+49 30 9876500, 030/98765-01; 03098765 02", ["+49309876500", "+49309876501", "+49309876502"]),
        ("030 9876500\r\n\r\n030 9876501\n", ["+49309876500", "+49309876501"]),
        ("030 9876500, +49309876500", ["+49309876500"]),
        ("030 987600 – 030 987609", TEN),
        ("030 987600 – 09", TEN),
        ("030 987600 - 9", TEN),
        ("030 987600 bis 030 987609", TEN),
        ("030 987600 to +49 30 987609", TEN),
        ("030 987600..09, 030 987605", TEN),
        ("030 987608 – 030 987609\n040 66969000", ["+4930987608", "+4930987609", "+494066969000"]),
    ],
)
def test_it_reads_numbers_and_ranges_as_people_write_them(typed: str, numbers: list[str]) -> None:
    assert numbers_in(typed) == numbers


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Please name the numbers that you would like to bring."),
        (" ,\n; ", "Please name the numbers that you would like to bring."),
        ("030 9876500, our fax", "“our fax” is not a phone number."),
        ("110", "“110” is not a phone number."),
        ("+43 1 5128000", "+4315128000 cannot be brought along: only numbers that begin with +49 can."),
        ("030 987609 – 030 987600", "“030 987609 – 030 987600” is not a range of phone numbers."),
        ("030 987600 – 0309876090", "“030 987600 – 0309876090” is not a range of phone numbers."),
        ("030 987600 – +43 1 5128000", "+4315128000 cannot be brought along"),
        ("030 987600 – x", "“030 987600 – x” is not a range of phone numbers."),
        ("030 987600 – 01 – 02", "“030 987600 – 01 – 02” is not a range of phone numbers."),
        ("030 987600 –", "“030 987600 –” is not a range of phone numbers."),
        ("030 987600000 – 99999", f"Please name at most {MOST_NUMBERS} numbers at once."),
    ],
)
def test_it_refuses_what_is_no_number_of_this_country(typed: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        numbers_in(typed)
    assert str(refused.value).startswith(sentence)


def test_it_reads_an_order_trimmed_and_with_its_document() -> None:
    order = signed_order(present_provider="  Altnetz AG ", customer_number=" ")
    assert (order.numbers, order.present_provider, order.customer_number) == (
        ("+49309876500",),
        "Altnetz AG",
        "",
    )
    assert order.wished_on == date(2026, 6, 15)
    assert (order.document.kind, order.document.content) == (DocumentKind.PDF, PDF)


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, DocumentKind.PDF), (JPEG, DocumentKind.JPEG), (PNG, DocumentKind.PNG)]
)
def test_a_document_is_what_it_holds(content: bytes, kind: DocumentKind) -> None:
    assert signed_order(content=content).document.kind is kind


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Please choose the file of the signed order."),
        (b"MZ\x90\x00 a program named order.pdf", "This file is not a PDF, JPEG or PNG, or it is cut off."),
        (b"<html>%PDF- %%EOF</html>", "This file is not a PDF, JPEG or PNG, or it is cut off."),
        (PDF[:-10], "This file is not a PDF, JPEG or PNG, or it is cut off."),
        (JPEG[:-1], "This file is not a PDF, JPEG or PNG, or it is cut off."),
        (PNG[:-4], "This file is not a PDF, JPEG or PNG, or it is cut off."),
        (PDF + b" " * LARGEST_BYTES, "This file is larger than 10 MB."),
    ],
)
def test_it_refuses_a_file_that_is_no_document(content: bytes, sentence: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        signed_order(content=content)
    assert list(refused.value.errors) == ["document"]
    assert str(refused.value.errors["document"]).startswith(sentence)


@pytest.mark.parametrize(
    ("wished_on", "sentence"),
    [
        ("", "Please choose a day."),
        ("15.06.2026", "Please choose a day."),
        ("2026-05-31", "31 May 2026 has passed. Please choose a later day."),
        ((DAY + timedelta(days=LONGEST_WAIT_DAYS + 1)).isoformat(), "Please choose a day until 31 May 2028."),
    ],
)
def test_it_refuses_a_day_that_cannot_be(wished_on: str, sentence: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        signed_order(wished_on=wished_on)
    assert {field: str(error) for field, error in refused.value.errors.items()} == {"wished_on": sentence}
    assert signed_order(wished_on=DAY.isoformat()).wished_on == DAY


def test_it_says_at_each_field_what_is_wrong() -> None:
    typed = {**TYPED, "numbers": "", "holder_name": " ", "holder_city": "x" * 61, "customer_number": "a\nb"}
    with pytest.raises(OrderRefused) as refused:
        read_order({**typed, "wished_on": "soon"}, content=b"", day=DAY)
    assert {field: str(error) for field, error in refused.value.errors.items()} == {
        "numbers": "Please name the numbers that you would like to bring.",
        "holder_name": "Please fill this in.",
        "holder_city": "Please use at most 60 characters.",
        "customer_number": "Please use only characters that can be printed, without line breaks.",
        "wished_on": "Please choose a day.",
        "document": "Please choose the file of the signed order.",
    }
