"""What each of several telephone edges says of itself, once a second, in the portal's database."""

from __future__ import annotations

from django.db import models


class EdgeNode(models.Model):
    """An edge by its SWITCHROOM_EDGE_NODE: what it works by, and what it has forgotten."""

    name = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField(help_text="Instant (UTC) at which it said so last.")
    revisions = models.JSONField(help_text="Revision of each view that it has loaded, by the view's name.")
    forgotten = models.JSONField(help_text="Ids of deleted phone systems of which nothing is left there.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
