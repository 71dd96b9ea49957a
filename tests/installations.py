"""Installations of their own beside the database of the test run: each has an empty database on the engine of
the run and a data folder, and everything that the block does is done in it.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test import override_settings
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from pyrage.x25519 import Identity

from switchroom.config.connections import database_settings
from switchroom.jobs.preparing import prepare_database
from switchroom.plumbing.copies.another import opened, standing_in
from tests.settings import DATABASE_URL, FORGETFUL

Stay = Callable[[], AbstractContextManager[None]]
KEY = "key of an installation that is copied"
MASTER_KEY = str(Identity.generate())


@dataclass(frozen=True)
class Prepared:
    """An installation with tables, laws and static files and nothing else, of which others begin as copies;
    ``name`` is that of its database on the server.
    """

    folder: Path
    name: str


@contextmanager
def prepared(folder: Path) -> Iterator[Prepared]:
    """This function will prepare an installation of which copies can be made while the block runs."""
    with database(folder / "switchroom.sqlite3") as its_settings:
        with staying(folder, its_settings):
            prepare_database()
        yield Prepared(folder, str(its_settings["NAME"]))


@contextmanager
def installation(folder: Path, *, like: Prepared | None = None, **changes: Any) -> Iterator[Path]:
    """This function will let the block be in a new installation, and give its data folder: an empty one,
    unless it is to be ``like`` another.

    ``changes`` are to its own settings; without any its keys are in its data folder, as whatever starts in it
    would put them there.
    """
    file = folder / "switchroom.sqlite3"
    with database(file, like=like) as its_settings, staying(folder, its_settings, **changes):
        yield folder


@contextmanager
def database(file: Path, *, like: Prepared | None = None) -> Iterator[dict[str, Any]]:
    """This function will give the settings of a database that is there only for the block; on SQLite it is
    the file. Where it is to be ``like`` that of an installation, the folder becomes like its folder too.
    """
    if like:
        shutil.copytree(like.folder, file.parent, dirs_exist_ok=True)
    if DATABASE_URL:
        with database_on_server(like=like) as url:
            yield database_settings(url, file.parent)
    else:
        its_settings = database_settings("", file.parent)
        its_settings["OPTIONS"]["init_command"] += FORGETFUL
        yield its_settings


@contextmanager
def database_on_server(*, like: Prepared | None = None) -> Iterator[str]:
    """This function will make a database on the server of the test run, and give its address."""
    name = f"copy_{secrets.token_hex(4)}"
    template = Identifier(like.name if like else "template1")
    _on_server(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), template))
    try:
        yield f"{DATABASE_URL.rpartition('/')[0]}/{name}"
    finally:
        _on_server(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def staying(folder: Path, its_settings: dict[str, Any], **changes: Any) -> Iterator[None]:
    """This function will let the block be in an installation whose database has these settings."""
    own = connections.settings[DEFAULT_DB_ALIAS]
    folder.mkdir(parents=True, exist_ok=True)
    key, master = folder / "secret_key", folder / "master_key"
    if not changes.get("secret_key") and not key.exists():
        key.write_text(KEY)
    if not changes.get("master_key") and not master.exists():
        master.write_text(MASTER_KEY)
    unset = {"secret_key": "", "master_key": ""}
    here = settings.INSTALLATION.model_copy(update={"data_dir": folder, **unset, **changes})
    with (
        opened("another", {**own, **its_settings}),
        standing_in("another"),
        override_settings(
            DATA_DIR=folder,
            KEY_DIR=folder / "keys",
            EMAIL_BACKEND="switchroom.plumbing.mail_files.FileBackend",
            MAIL_FOLDER=folder / "mail",
            STATIC_ROOT=folder / "static",
            INSTALLATION=here,
            SECRET_KEY=here.secret_key or key.read_text(),
            MASTER_KEY=here.master_key or master.read_text(),
        ),
    ):
        yield


def settings_with(**changes: Any) -> override_settings:
    """This function will let the block be in the same installation with other settings of its own."""
    return override_settings(INSTALLATION=settings.INSTALLATION.model_copy(update=changes))


def address_of(name: Any) -> str:
    """This function will return the address of a database on the server of the test run; empty on SQLite."""
    return f"{DATABASE_URL.rpartition('/')[0]}/{name}" if DATABASE_URL else ""


def environment_of(folder: Path, url: str) -> dict[str, str]:
    """This function will return what an operator would set for an installation."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SWITCHROOM_", "DJANGO_"))
    }
    own = {"DATA_DIR": str(folder), "DATABASE_URL": url, "MOVABLE_CLOCK": "true"}
    return kept | {f"SWITCHROOM_{name}": value for name, value in own.items()}


def tables() -> list[str]:
    """This function will list the tables of the installation in which we are."""
    return connection.introspection.table_names()


def _on_server(statement: Any) -> None:
    with psycopg.connect(make_conninfo(DATABASE_URL), autocommit=True) as server:
        server.execute(statement)
