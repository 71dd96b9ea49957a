"""Signed orders for port-ins: what a member types, and files as scanners make them, cut down to the least."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime

from switchroom.phonesystems import porting
from switchroom.phonesystems.port_ins import PortIn
from switchroom.phonesystems.signed_orders import SignedOrder, read_order

READ_ON = date(2026, 6, 1)
HANDED_IN_AT = datetime(2026, 6, 2, 8, 0, tzinfo=UTC)
CONFIRMED_ON = date(2026, 6, 15)
ON_THE_DAY = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
OPERATOR = "operator@example.com"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\xff"))
    + _chunk(b"IEND", b"")
)

TYPED: Mapping[str, str] = {
    "numbers": "030 9876500",
    "present_provider": "Altnetz AG",
    "holder_name": "Acme GmbH",
    "holder_street": "Lindenallee 1",
    "holder_postal_code": "10115",
    "holder_city": "Berlin",
    "customer_number": "K-4711",
    "wished_on": "2026-06-15",
}


def signed_order(numbers: str = "030 9876500", *, content: bytes = PDF, **typed: str) -> SignedOrder:
    """A signed order for these numbers, as it is read on the first of June."""
    return read_order({**TYPED, "numbers": numbers, **typed}, content=content, day=READ_ON)


def confirmed(port_in: PortIn) -> PortIn:
    """The same, handed in and confirmed for a day."""
    porting.hand_in(port_in=port_in, at=HANDED_IN_AT, operator=OPERATOR)
    porting.confirm(port_in=port_in, on=CONFIRMED_ON, at=HANDED_IN_AT, operator=OPERATOR)
    return port_in
