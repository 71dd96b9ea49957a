"""The web server: alone, or with workers and schedule in the same process, which is all an embedded
installation needs.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import nullcontext
from typing import NoReturn

import structlog
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from waitress.server import create_server

from switchroom.jobs.preparing import require_prepared
from switchroom.jobs.worker import working

THREADS = 8

log = structlog.get_logger(__name__)


class PortTaken(Exception):
    """Something else listens where the web server wants to."""

    def __init__(self, host: str, port: int, reason: OSError) -> None:
        super().__init__(f"Cannot listen on {host}:{port} ({reason.strerror}). Choose another with --port.")


def serve(
    *,
    host: str = "localhost",
    port: int = 8000,
    workers: int = 1,
    when_ready: Callable[[str], None] = lambda address: None,
) -> None:
    """This function will serve the portal until the process is told to end (SIGTERM or Ctrl-C).

    With ``workers`` > 0 that many workers and the schedule run beside it. ``when_ready`` is given the address
    once requests are taken. Requests and effects under way are finished at the end. Raises PortTaken and
    LawsMissing.
    """
    require_prepared()
    application = get_wsgi_application()
    try:
        server = create_server(application, **_options(host, port))
    except OSError as reason:
        raise PortTaken(host, port, reason) from reason
    signal.signal(signal.SIGTERM, _leave)
    with working(workers=workers) if workers else nullcontext():
        address = f"http://{host}:{port}"
        log.info("web.started", address=address, workers=workers)
        when_ready(address)
        server.run()  # returns on SIGTERM and Ctrl-C, when its threads are done
        server.close()
    log.info("web.stopped")


def _options(host: str, port: int) -> dict[str, object]:
    options: dict[str, object] = {"host": host, "port": port, "threads": THREADS, "ident": None}
    if proxies := settings.INSTALLATION.trusted_proxies:
        options |= {
            "trusted_proxy": "*",
            "trusted_proxy_count": proxies,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"},
            "clear_untrusted_proxy_headers": True,
        }
    return options


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
