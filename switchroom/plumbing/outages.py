"""When it is the database itself that fails, and not what was asked of it: gone, full, not to be written.

Then nothing else can be done either, so a run over many accounts had better end than fail for each of them.
"""

from __future__ import annotations

from django.db.utils import InterfaceError, OperationalError

OF_SQLITE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_NOMEM")
OF_POSTGRESQL = (
    "08",
    "53",
    "57P",
    "58",
)  # SQLSTATE: no connection, no room, shut down, a fault of the system


def is_outage(error: BaseException) -> bool:
    """This function will say whether an error means that the database cannot be used at all.

    A lock that was not to be had, a deadlock or a statement that was too much for it is none.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    sqlite_name = getattr(error.__cause__, "sqlite_errorname", None)
    if sqlite_name is not None:
        return str(sqlite_name).startswith(OF_SQLITE)
    state = getattr(error.__cause__, "sqlstate", None)  # what a server says; none when it is gone
    return state is None or str(state).startswith(OF_POSTGRESQL)
