"""Making an installation ready to start: after this the database is of this version and something is for
sale.

It may be run at every start; what is done already is left alone.
"""

from __future__ import annotations

from datetime import date

from django.core.management import call_command
from django.db import connection

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.catalog.models import Product
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.laws import check_laws


def prepare() -> None:
    """This function will bring database and files up to this version, and put ONE on sale if nothing is."""
    prepare_database()
    put_something_on_sale(clock.today())


def prepare_database() -> None:
    """This function will bring tables, laws, the cache table and static files up to this version.

    Effects that an earlier version, or a copy from another database, left open are handed out.
    """
    call_command("migrate", interactive=False, verbosity=0)
    check_laws(connection)
    outbox.adopt_strays()
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def put_something_on_sale(day: date) -> None:
    """This function will put the shipped catalogue on sale from a local day on, unless there is a product."""
    if not Product.objects.exists():
        load_catalogue(shipped_catalogue(), day)
