"""How a billing run is shown while it lasts: a line that moves on a terminal, nothing elsewhere.

What happened is in the log as well, chunk by chunk.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from switchroom.billing.models import BillingRun
from switchroom.journeys.billing_run import progress_of
from switchroom.plumbing import clock
from switchroom.rules.money import decimal_text
from switchroom.rules.periods import Month


class RunDisplay:
    """Shows accounts done, invoices a second, their net and the time left."""

    def __init__(self, run: BillingRun, *, quiet: bool) -> None:
        self._run = run
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._before = progress_of(run)
        self._since = clock.real_now()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} accounts · {task.fields[figures]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task(
            str(Month.of(run.month_on)), total=self._before.accounts, completed=self._before.done, figures=""
        )

    def __enter__(self) -> RunDisplay:
        self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def update(self) -> None:
        """This function will show how far the run is now, whoever works on it."""
        if not self._bar.disable:
            progress = progress_of(self._run)
            figures = f"{self._rate(progress.invoices)}/s · net {decimal_text(progress.net_minor)}"
            self._bar.update(self._task, completed=progress.done, total=progress.accounts, figures=figures)

    def finish(self, *, interrupted: bool) -> None:
        """This function will say what came of the run; quietly, only what was left undone."""
        progress = progress_of(self._run)
        if not self._quiet:
            print(
                f"{Month.of(self._run.month_on)}: {progress.done:,} of {progress.accounts:,} accounts, "
                f"{progress.invoices:,} invoices, net {decimal_text(progress.net_minor)}, "
                f"{self._rate(progress.invoices)} a second."
            )
        if progress.parked:
            print(f"{progress.parked:,} accounts were parked; the back office and the log say why.")
        if interrupted and progress.open_chunks:
            print("Interrupted. What was done is kept; the same command goes on with the rest.")

    def _rate(self, invoices: int) -> str:
        seconds = (clock.real_now() - self._since).total_seconds()
        return f"{(invoices - self._before.invoices) / seconds:,.0f}" if seconds > 0 else "–"
