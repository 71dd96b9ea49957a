"""Copying the rows of every table from one engine to the other, in the transaction that is open on the
default database.

Laws would refuse many a row that comes out of order, and keys point to rows that come later; so laws are off
meanwhile, keys are looked at at the end, and both must hold before anybody may rely on the copy.
"""

from __future__ import annotations

from contextlib import closing

from django.apps import apps
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, DataError, IntegrityError, connection
from django.db.models import Model

from switchroom.plumbing.bulk import insert_rows
from switchroom.plumbing.copies import CopyRefused
from switchroom.plumbing.copies.checksums import Figures, Sum, figures_of, rows_of
from switchroom.plumbing.laws import check_laws, drop_laws, install_laws

MADE_BY_MIGRATIONS = {"django_migrations", "django_content_type", "auth_permission"}


def our_models() -> list[type[Model]]:
    """This function will return the models whose tables both engines have."""
    models = apps.get_models(include_auto_created=True)
    return [model for model in models if model._meta.managed and not model._meta.proxy]


def require_no_rows() -> None:
    """This function will raise CopyRefused when a table of the database holds more than migrations write."""
    for table in sorted(set(connection.introspection.table_names()) - MADE_BY_MIGRATIONS):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})")
            if cursor.fetchone()[0]:
                raise CopyRefused(f"The database is not empty: {table} has rows.")


def copy_tables(*, source: str) -> dict[str, Figures]:
    """This function will replace all rows by those of the database open under a name, and return the figures
    of each table.

    Laws and keys are in force again afterwards. Raises CopyRefused for rows that this database cannot hold,
    and when a table does not come out as it went in.
    """
    models = our_models()
    drop_laws(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_quoted(model) for model in models)}")
    figures = {model._meta.db_table: _copied(model, source) for model in models}
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as error:
            raise CopyRefused(f"A row points to one that is not there: {_sentence(error)}") from error
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    install_laws(connection)
    check_laws(connection)
    for model in models:
        if figures_of(rows_of(model, DEFAULT_DB_ALIAS)) != figures[model._meta.db_table]:
            raise CopyRefused(f"{model._meta.db_table} does not come out as it went in.")
    return figures


def _copied(model: type[Model], source: str) -> Figures:
    total = Sum()
    columns = [str(field.column) for field in model._meta.concrete_fields]
    try:
        with closing(rows_of(model, source)) as rows:
            insert_rows(model, columns, total.passing(rows))
    except (DataError, IntegrityError) as error:
        raise CopyRefused(f"A row of {model._meta.db_table} is refused: {_sentence(error)}") from error
    return total.figures


def _quoted(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())
