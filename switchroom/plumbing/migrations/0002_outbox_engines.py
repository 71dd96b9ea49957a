"""The outbox gets an engine for each database: what only the table of leases needs may be null."""

from django.db import migrations, models


def leave_the_order(apps, schema_editor):
    """What is closed is due no more. On PostgreSQL nothing is: ``prepare`` gives open entries their jobs."""
    entries = apps.get_model("plumbing", "OutboxEntry").objects.using(schema_editor.connection.alias)
    if schema_editor.connection.vendor == "postgresql":
        entries.update(due_at=None, leased_until=None)
    else:
        entries.exclude(done_at=None, dead_at=None).update(due_at=None)


class Migration(migrations.Migration):
    dependencies = [("plumbing", "0001_initial")]

    operations = [
        migrations.RemoveIndex("outboxentry", "plumbing_outbox_open"),
        migrations.AddField(
            "outboxentry",
            "gives_way",
            models.BooleanField(
                default=False, help_text="It was promised among many, and nobody waits for it."
            ),
        ),
        migrations.AlterField(
            "outboxentry",
            "due_at",
            models.DateTimeField(
                null=True,
                help_text="On SQLite: not before this instant (real clock), while it is open; else null.",
            ),
        ),
        migrations.AlterField(
            "outboxentry",
            "attempt",
            models.PositiveIntegerField(
                default=0,
                help_text="On SQLite: how often a worker has taken it; only ever grows, and fences off the slow.",
            ),
        ),
        migrations.AlterField(
            "outboxentry",
            "leased_until",
            models.DateTimeField(null=True, help_text="On SQLite: a worker has it until then (real clock)."),
        ),
        migrations.AlterField(
            "outboxentry",
            "key",
            models.CharField(
                max_length=200, null=True, help_text="At most one entry ever has it; null: no such bound."
            ),
        ),
        migrations.AddConstraint(
            "outboxentry", models.UniqueConstraint(fields=["key"], name="plumbing_outbox_key")
        ),
        migrations.RunPython(leave_the_order, migrations.RunPython.noop),
        migrations.AddIndex(
            "outboxentry",
            models.Index(
                fields=["gives_way", "due_at", "id"],
                condition=models.Q(due_at__isnull=False),
                name="plumbing_outbox_due",
            ),
        ),
    ]
