"""Making an installation ready to start: after this the database is of this version and something is for
sale.

It may be run at every start, on any number of machines at once; what is done already is left alone.
"""

from __future__ import annotations

from datetime import date

from django.core.management import call_command
from django.db import connection

from switchroom.catalog.file import shipped_catalogue
from switchroom.catalog.loading import load_catalogue
from switchroom.catalog.models import Product
from switchroom.journeys.restored import delete_again
from switchroom.phonesystems import deletion
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.copies import versions
from switchroom.plumbing.laws import check_laws, laws_to_renew
from switchroom.plumbing.locks import one_at_a_time


def prepare() -> None:
    """This function will bring database and files up to this version, put ONE on sale if nothing is,
    delete again what was deleted before, should the database be restored from an older copy, and finish what
    deletions have left to do.
    """
    with one_at_a_time("prepare"):
        prepare_database()
        put_something_on_sale(clock.today())
        delete_again(day=clock.today(), at=clock.now())
        deletion.finish_all()


def require_prepared() -> None:
    """This function will be the first thing that a server or a worker does: what was deleted must not come
    back with a database that was restored from an older copy. Raises LawsMissing.
    """
    check_laws(connection)
    delete_again(day=clock.today(), at=clock.now())
    connection.close()


def prepare_database() -> None:
    """This function will bring tables, laws, the cache table and static files up to this version.

    Laws are off while tables change; so nothing is touched where nothing has changed. Effects that an earlier
    version, or a copy from another database, left open are handed out.
    """
    with one_at_a_time("prepare"):
        if versions.pending() or laws_to_renew(connection):
            call_command("migrate", interactive=False, verbosity=0)
        check_laws(connection)
        outbox.adopt_strays()
        call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def put_something_on_sale(day: date) -> None:
    """This function will put the shipped catalogue on sale from a local day on, unless there is a product."""
    if not Product.objects.exists():
        load_catalogue(shipped_catalogue(), day)
