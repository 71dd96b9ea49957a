"""The recurring work, as effects of the outbox: this is what gives it retries and takes over from a dead
worker.
"""

from __future__ import annotations

from switchroom.jobs import schedule
from switchroom.plumbing import outbox

outbox.handles(schedule.KIND, outside=True, lease=schedule.LONGEST_RUN)(schedule.do_recurring)
