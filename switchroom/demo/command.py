"""``switchroom demo``: opens the town, which is built at the first start and kept from then on."""

from __future__ import annotations

import argparse
import shutil
from datetime import time
from functools import partial

from django.conf import settings
from django.db import connection, connections

from switchroom.accounts.models import Account
from switchroom.catalog.models import Product
from switchroom.demo.telephones import telephones
from switchroom.demo.town import BEGINNING, DANA, ERIK, FARAH, GUSTAV, OPERATOR, PASSWORD, build_town
from switchroom.jobs.preparing import prepare_database, put_something_on_sale
from switchroom.jobs.server import serve
from switchroom.plumbing import clock
from switchroom.plumbing.models import TownClock

PEOPLE = (
    (DANA, "on day 12 of her trial"),
    (ERIK, "in his term, with a mid-month upgrade and a credit"),
    (FARAH, "cancelled, nine days left"),
    (GUSTAV, "past his term, with a pending reduction"),
)


class NotATown(SystemExit):
    """The database holds an installation with the real clock, which a town must never move."""

    def __init__(self) -> None:
        super().__init__(
            "This database belongs to an installation with the real clock. A town needs a database of its "
            "own."
        )


def main(argv: list[str]) -> int:
    """This function will prepare, build the town if there is none, and serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="switchroom demo",
        description="Opens a small town to try Switchroom in, with a movable day. It is kept between starts.",
    )
    parser.add_argument("--reset", action="store_true", help="build the town anew")
    parser.add_argument("--host", default="localhost", help="name or address to listen on (localhost)")
    parser.add_argument("--port", default=8000, type=int, help="port to listen on (8000)")
    parser.add_argument("--build-only", action="store_true", help="build the town and leave")
    asked = parser.parse_args(argv)
    if asked.reset:
        tear_down()
    open_town()
    if not asked.build_only:
        with telephones(portal=f"http://{asked.host}:{asked.port}") as how:
            serve(host=asked.host, port=asked.port, workers=1, when_ready=partial(_welcome, telephones=how))
    return 0


def open_town() -> None:
    """This function will make the town ready: its database, and its people unless they live there already.

    Raises ``NotATown`` for the database of an installation with the real clock, before anything is touched.
    """
    if belongs_to_an_installation():
        raise NotATown
    prepare_database()
    if Account.objects.exists():
        return
    print("Building the town: four customers, fifteen months. This happens once …", flush=True)
    clock.move_to(BEGINNING, at=time(9, 0))
    put_something_on_sale(BEGINNING)
    build_town()


def belongs_to_an_installation() -> bool:
    """This function will say whether the database is in use and has never had a town's clock."""
    if Product._meta.db_table not in connection.introspection.table_names():
        return False
    return Product.objects.exists() and not TownClock.objects.exists()


def tear_down() -> None:
    """This function will remove the town's own data folder; no other installation lives there."""
    connections.close_all()
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        raise SystemExit("The demo on PostgreSQL is reset by dropping its database.")
    if settings.DATA_DIR.exists():
        for entry in settings.DATA_DIR.iterdir():
            if entry.name != "secret_key":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _welcome(address: str, *, telephones: str) -> None:
    print(f"\nThe town is open at {address}\n\n  Everybody's password: {PASSWORD}\n")
    for person, what in PEOPLE:
        print(f"  {person.email:22} {person.full_name}, {what}")
    print(f"  {OPERATOR:22} looks everything up at {address}/admin/")
    if telephones:
        print(f"\n  {telephones}")
    print(
        f"\n  Letters are written to {settings.DATA_DIR / 'mail'}. Ctrl-C closes the town; it is kept.\n",
        flush=True,
    )
