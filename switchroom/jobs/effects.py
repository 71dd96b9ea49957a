"""The recurring work and the shared run of the 1st, as effects of the outbox: this is what gives them retries
and takes over from a dead worker.
"""

from __future__ import annotations

from typing import Any

from switchroom.billing.models import BillingRun
from switchroom.jobs import schedule
from switchroom.jobs.bill import now
from switchroom.journeys.billing_run import SHARE, work_on
from switchroom.plumbing import outbox

outbox.handles(schedule.KIND, outside=True, lease=schedule.LONGEST_RUN)(schedule.do_recurring)


@outbox.handles(SHARE, outside=True, lease=schedule.LONGEST_RUN)
def share_billing_run(payload: dict[str, Any]) -> None:
    """This function will bill chunks of a run beside whoever began it, until none is free.

    When its worker is to end, it ends after the chunk under way, and raises ``outbox.Interrupted``.
    """
    run = BillingRun.objects.get(pk=payload["run_id"])
    if run.finished_at is None:
        work_on(run, when=now, may_go_on=outbox.may_go_on, stays=False)
        if not outbox.may_go_on():
            raise outbox.Interrupted
