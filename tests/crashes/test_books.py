"""What the kills are judged by: books that show whatever is missing, too much or torn."""

from __future__ import annotations

from tests.crashes.books import differences
from tests.crashes.lives import Kill, Town, came_in_the_middle
from tests.crashes.victims import THE_DAY

DAMAGE = (
    """DELETE FROM plumbing_outboxentry WHERE id =
    (SELECT id FROM plumbing_outboxentry WHERE kind = 'mail' AND done_at IS NULL ORDER BY id LIMIT 1)""",
    """UPDATE subscriptions_subscription SET next_due_on = NULL WHERE id =
    (SELECT id FROM subscriptions_subscription WHERE next_due_on IS NOT NULL ORDER BY id LIMIT 1)""",
    "UPDATE billing_invoiceseries SET last_number = last_number + 1 WHERE year = 2027",
)


def test_damage_shows_in_the_books_and_nothing_else_does(town: Town) -> None:
    """A second run makes all ids, instants and names of letters anew, which is no difference."""
    peace = town.undisturbed(THE_DAY)
    town.place.restore()
    town.finish(THE_DAY, town.start(THE_DAY))
    for statement in DAMAGE:
        town.place.execute(statement)
    shown = differences(peace.books, town.books())
    assert {difference.partition(":")[0] for difference in shown} == {
        "billing.InvoiceSeries",
        "findings",
        "letters",
        "numbers",
        "plumbing.OutboxEntry",
        "subscriptions.Subscription",
    }
    assert sum(difference.startswith("letters: missing") for difference in shown) == 1


def test_kills_that_come_too_early_or_too_late_are_not_counted() -> None:
    too_early, in_the_middle, too_late = Kill(9, 9), Kill(9, 4), Kill(9, 0)
    assert came_in_the_middle([too_early, in_the_middle, too_late])
    assert not came_in_the_middle([too_early, too_early, in_the_middle, too_late])
