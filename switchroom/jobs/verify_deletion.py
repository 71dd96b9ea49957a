"""``switchroom verify-deletion``: is this the record of a deletion, did we sign it, and does it hold?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from switchroom.phonesystems.deletion import nothing_left
from switchroom.phonesystems.deletion_record import LARGEST_BYTES, NoRecord, Signed, read_file
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing import signatures
from switchroom.plumbing.wording import long_instant

HOLDS, DOES_NOT_HOLD = 0, 1


def main(argv: Sequence[str]) -> int:
    """This function will say what the file says and whether that is true; 1 when it is not."""
    parser = argparse.ArgumentParser(
        prog="switchroom verify-deletion",
        description="Checks the file of a deletion record: its signature, and, in the installation that "
        "signed it, that nothing of the phone system is there.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="as downloaded from the portal")
    parser.add_argument(
        "--key", default="", help="public key of the installation; without it, that of this one"
    )
    asked = parser.parse_args(argv)
    try:
        signed = read_file(_content(asked.file))
    except NoRecord as why:
        print(why)
        return DOES_NOT_HOLD
    faults = _faults(signed, key=asked.key)
    _tell(signed)
    print("\n".join(faults) or "The signature is right.")
    return DOES_NOT_HOLD if faults else HOLDS


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise NoRecord(f"{file} cannot be read: {error.strerror}.") from None


def _faults(signed: Signed, *, key: str) -> list[str]:
    trusted = [key] if key else signatures.own_public_keys()
    if signed.record.verified_at is None or not signed.signature:
        return ["It is not signed: nobody has looked yet whether anything is left."]
    if signed.public_key not in trusted:
        whose = "the one that was given" if key else "of this installation; name the one you trust by --key"
        return [f"It is signed with the key {signed.public_key}, which is not {whose}."]
    if not signed.holds:
        return ["It does not say what was signed: somebody changed it."]
    return [] if key else _what_is_here(signed)


def _what_is_here(signed: Signed) -> list[str]:
    """Whoever signed it can look whether it is true."""
    if PhoneSystem._meta.db_table not in connection.introspection.table_names():
        return []
    left = nothing_left(signed.record.phone_system_id)
    return [f"And yet there is still: {', '.join(left)}."] if left else []


def _tell(signed: Signed) -> None:
    said = signed.record
    print(
        f"{said.name} ({said.phone_system_id}) was deleted on {long_instant(said.deleted_at)} by rule "
        f"{said.rule}: {said.endpoints} endpoints, {said.phone_numbers} phone numbers, {said.backups} "
        f"backups, {said.calls} call records."
    )
    if said.verified_at is not None:
        print(f"Nothing was left of it on {long_instant(said.verified_at)}.")
    print(f"Public key: {signed.public_key or 'none'}")
