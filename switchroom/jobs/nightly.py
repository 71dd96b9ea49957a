"""What the recurring pieces of work do; ``schedule.py`` says when."""

from __future__ import annotations

from datetime import date, timedelta

import structlog
from django.contrib.sessions.backends.db import SessionStore

from switchroom.jobs import audit
from switchroom.journeys.day import run_day
from switchroom.phonesystems import backups
from switchroom.plumbing import clock, outbox

DONE_IS_KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)


class DayUnfinished(Exception):
    """The day could not be finished for some accounts; what was done stays done, the rest is tried again."""

    def __init__(self, day: date, failed: int) -> None:
        super().__init__(f"{day.isoformat()} is unfinished for {failed} accounts; the log says why.")


class BackupsUnfinished(Exception):
    """Some phone systems could not be backed up; it is tried again."""

    def __init__(self, day: date, failed: int) -> None:
        super().__init__(f"Of {day.isoformat()}, {failed} phone systems have no backup; the log says why.")


class BooksDoNotAgree(outbox.Hopeless):
    """The nightly audit found a fault; a second try would find it again, so an operator has to look."""

    def __init__(self, day: date) -> None:
        super().__init__(f"The audit of {day.isoformat()} found faults. Run: switchroom audit")


def live_day(day: date) -> None:
    """This function will do everything that a local day asks for. Raises DayUnfinished.

    When its worker is to end, it ends after the chunk of accounts or the account under way, and raises
    ``outbox.Interrupted``.
    """
    report = run_day(day=day, at=clock.now(), may_go_on=outbox.may_go_on)
    if report.interrupted:
        raise outbox.Interrupted
    if report.failed:
        raise DayUnfinished(day, len(report.failed))


def audit_books(day: date) -> None:
    """This function will check that what is billed, promised and provided agrees. Raises BooksDoNotAgree.

    A day that is over meanwhile is left to the next audit: what was done since would look wrong on it.
    """
    if audit.main(["--on", day.isoformat()]) and clock.today() == day:
        raise BooksDoNotAgree(day)


def back_up(day: date) -> None:
    """This function will back up every phone system that has changed, and let go of old backups. Raises
    BackupsUnfinished.
    """
    made, gone = backups.back_up_changed(at=clock.now()), backups.thin_out(at=clock.now())
    log.info("backups.done", day=day.isoformat(), made=made.done, no_longer_kept=gone.done)
    if failed := made.failed + gone.failed:
        raise BackupsUnfinished(day, failed)


def tidy_up(_day: date) -> None:
    """This function will forget effects that were done long ago, and sessions that have ended."""
    outbox.forget_done(clock.real_now() - DONE_IS_KEPT)
    SessionStore.clear_expired()
