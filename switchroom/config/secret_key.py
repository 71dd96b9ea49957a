"""The key of sessions and signatures.

An operator may set it (``SWITCHROOM_SECRET_KEY``); an installation that has none makes one the first time
anything starts and keeps it in its data folder, readable by its owner alone.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from switchroom.config.installation import Installation


def secret_key_of(installation: Installation) -> str:
    """This function will return the configured key, or the one kept in ``data_dir/secret_key``, made when
    missing.
    """
    return installation.secret_key or _kept_key(installation.data_dir / "secret_key")


def _kept_key(file: Path) -> str:
    if not file.exists():
        _make_key(file)
    return file.read_text(encoding="ascii").strip()


def _make_key(file: Path) -> None:
    """Several processes may start at once: the first complete file wins, all read that one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(64))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
