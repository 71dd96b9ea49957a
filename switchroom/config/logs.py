"""How log lines are written: one event a line, as readable text or as JSON, without secrets.

Both our own lines and those of Django and its libraries pass the same chain, so that an operator reads one
format.
"""

from __future__ import annotations

from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_WORDS = ("password", "secret", "token", "cookie", "authorization", "credential")


def hide_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """This function will replace the value of every field whose name speaks of a secret."""
    for field in event:
        if any(word in field.lower() for word in SECRET_WORDS):
            event[field] = "[hidden]"
    return event


def logging_settings(log_format: str, level: str = "INFO") -> dict[str, Any]:
    """This function will return Django's ``LOGGING`` and configure structlog for ``console`` or ``json``
    lines.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "procrastinate": {"handlers": [], "level": "WARNING", "propagate": True},
            "waitress": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }
