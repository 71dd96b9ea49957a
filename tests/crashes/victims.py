"""Who is killed: commands with their words, and how one sees what they have still to do."""

from __future__ import annotations

from functools import cache

from tests.crashes.lives import Victim
from tests.crashes.town import BILLED, DAY

_ACCOUNTS_DUE = (
    f"SELECT COUNT(DISTINCT account_id) FROM subscriptions_subscription WHERE next_due_on <= '{DAY}'"
)
_EFFECTS_OPEN = "SELECT COUNT(*) FROM plumbing_outboxentry WHERE done_at IS NULL AND kind <> 'jobs.recurring'"
_BILLS = f"SELECT COUNT(*) FROM billing_invoice WHERE kind = 'monthly' AND month_on = '{DAY}'"
MOST_EFFECTS_OF_AN_ACCOUNT = 20

THE_DAY = Victim(("day", "--on", str(DAY)), left=_ACCOUNTS_DUE)

# It does the day by itself, because the schedule says so, and all that leaves through the outbox. An account
# outweighs what it will send, so that what is left never grows.
THE_WORKER = Victim(
    ("worker",),
    left=f"SELECT {MOST_EFFECTS_OF_AN_ACCOUNT} * ({_ACCOUNTS_DUE}) + ({_EFFECTS_OPEN})",
    by_itself=False,
)


@cache
def the_bill(workers: int) -> Victim:
    """This function will name the billing run, shared by as many processes."""
    words = ("bill", "--month", f"{DAY:%Y-%m}", "--quiet", "--workers", str(workers))
    return Victim(words, left=f"SELECT {BILLED} - ({_BILLS})", what="tests.crashes.together:main")
