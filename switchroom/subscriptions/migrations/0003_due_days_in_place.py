"""Due days change in place: PostgreSQL then writes neither another page nor any index entry.

An index on the due days would forbid that, and once a day the whole table is quick enough to read. Half of
each page stays free for the new versions; the 1st of the month writes one of every row.
"""

from django.db import migrations, models


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE subscriptions_subscription SET (fillfactor = 50)")


def leave_none(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE subscriptions_subscription RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0002_fewer_indexes")]

    operations = [
        migrations.RemoveIndex("subscription", "subscription_due"),
        migrations.AlterField(
            "subscription",
            "next_due_on",
            models.DateField(
                null=True,
                blank=True,
                help_text="Next day on which the day's job must look at it; none when all is done. Kept by "
                "journeys. Without an index, so that PostgreSQL changes it in place.",
            ),
        ),
        migrations.RunPython(leave_room, leave_none),
    ]
