"""Keys that the installation cannot do without: that of sessions and signatures, and that which wraps the
keys of backups.

An operator may set either; an installation that has none makes one the first time anything starts and keeps
it in its data folder, readable by its owner alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pyrage.x25519 import Identity

from switchroom.config.installation import Installation
from switchroom.plumbing.drafts import draft_of


def secret_key_of(installation: Installation) -> str:
    """This function will return the configured key of sessions and signatures, or the one kept in
    ``data_dir/secret_key``, made when missing.
    """
    kept = installation.data_dir / "secret_key"
    return installation.secret_key or _kept_key(kept, lambda: secrets.token_urlsafe(64))


def master_key_of(installation: Installation) -> str:
    """This function will return the configured master key of backups, an age identity, or the one kept in
    ``data_dir/master_key``, made when missing.
    """
    kept = installation.data_dir / "master_key"
    return installation.master_key or _kept_key(kept, lambda: str(Identity.generate()))


def _kept_key(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        _write_once(file, make())
    return file.read_text(encoding="ascii").strip()


def _write_once(file: Path, key: str) -> None:
    """Several processes may start at once: the first complete file wins, all read that one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(file, key.encode("ascii")) as draft, suppress(FileExistsError):
        os.link(draft, file)
