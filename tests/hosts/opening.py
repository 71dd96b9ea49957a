"""An installation made ready as by ``switchroom prepare``, on the day on which the tests begin: ``python -m
tests.hosts.opening``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from switchroom.config.cli import _start_django

STARTS_AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


def main() -> None:
    """This function will prepare the database and put the shipped catalogue on sale from that day on."""
    _start_django()
    from switchroom.jobs import preparing
    from switchroom.plumbing import clock

    preparing.prepare_database()
    clock.set_clock(STARTS_AT)
    preparing.put_something_on_sale(clock.today())


if __name__ == "__main__":
    main()
