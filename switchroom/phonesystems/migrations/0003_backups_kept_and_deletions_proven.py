"""Backups are files that are kept, and deletion records are signed when nothing is left.

What was a backup until now is one that a member took home, and of which no file is here. Records lose the
signature of their former kind, which only we could check; ``prepare`` looks again and signs them anew.
"""

from django.db import migrations, models
from django.db.models import F


def backups_are_at_home(apps, _editor):
    apps.get_model("phonesystems", "Backup").objects.update(downloaded_at=F("made_at"))


def records_are_to_be_signed(apps, _editor):
    apps.get_model("phonesystems", "DeletionRecord").objects.update(signature="")


class Migration(migrations.Migration):

    dependencies = [("phonesystems", "0002_the_edge")]

    operations = [
        migrations.AddField(
            "backup",
            "kind",
            models.CharField(
                choices=[
                    ("asked", "made for a member"),
                    ("daily", "made by night"),
                    ("uploaded", "uploaded"),
                ],
                default="asked",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "backup",
            "file",
            models.CharField(
                blank=True,
                default="",
                help_text="Name in the storage; empty once the file is no longer kept.",
                max_length=120,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "backup",
            "size",
            models.PositiveIntegerField(default=0, help_text="Bytes of the encrypted file."),
        ),
        migrations.AddField(
            "backup",
            "endpoints",
            models.PositiveIntegerField(default=0, help_text="How many endpoints it holds."),
        ),
        migrations.AddField(
            "backup",
            "phone_numbers",
            models.PositiveIntegerField(default=0, help_text="How many numbers it names."),
        ),
        migrations.AddField(
            "backup",
            "downloaded_at",
            models.DateTimeField(
                blank=True, help_text="Instant (UTC) at which a member last took it home.", null=True
            ),
        ),
        migrations.AlterField(
            "backup",
            "made_at",
            models.DateTimeField(help_text="Instant (UTC); of one that was uploaded, of that."),
        ),
        migrations.AlterField(
            "backup",
            "sha256",
            models.CharField(help_text="Checksum of the encrypted file.", max_length=64),
        ),
        migrations.AddConstraint(
            "backup",
            models.CheckConstraint(
                condition=models.Q(kind__in=["asked", "daily", "uploaded"]), name="backup_kind_known"
            ),
        ),
        migrations.RunPython(backups_are_at_home, migrations.RunPython.noop),
        migrations.AddField(
            "deletionrecord",
            "calls",
            models.PositiveIntegerField(default=0, help_text="How many call records were deleted."),
        ),
        migrations.AddField(
            "deletionrecord",
            "verified_at",
            models.DateTimeField(
                help_text="Instant (UTC) at which nothing was left in database, storage and edge.", null=True
            ),
        ),
        migrations.AddField(
            "deletionrecord",
            "public_key",
            models.CharField(
                blank=True, default="", help_text="Ed25519, base64: whose signature.", max_length=44
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            "deletionrecord",
            "signature",
            models.CharField(blank=True, help_text="Ed25519 over the record, base64.", max_length=128),
        ),
        migrations.RunPython(records_are_to_be_signed, migrations.RunPython.noop),
        migrations.AddConstraint(
            "deletionrecord",
            models.CheckConstraint(
                condition=models.Q(public_key="", signature="", verified_at__isnull=True)
                | (
                    models.Q(verified_at__isnull=False)
                    & ~models.Q(signature="")
                    & ~models.Q(public_key="")
                ),
                name="deletion_signed_when_verified",
            ),
        ),
    ]
