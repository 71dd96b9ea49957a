"""What each of several telephone edges says of itself, and what it is asked, in the portal's database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import models
from django.db.models import QuerySet

from switchroom.plumbing import clock
from switchroom.plumbing.ids import new_id

DEAD_AFTER = timedelta(seconds=15)


class EdgeNode(models.Model):
    """An edge by its SWITCHROOM_EDGE_NODE: what it works by and has forgotten, said once a second."""

    name = models.CharField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField(help_text="Instant (UTC) at which it said so last.")
    revisions = models.JSONField(help_text="Revision of each view that it has loaded, by the view's name.")
    forgotten = models.JSONField(help_text="Ids of deleted phone systems of which nothing is left there.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class EdgeQuestion(models.Model):
    """What one edge is asked about a phone system for a page; there while the page waits for the answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    node = models.CharField(max_length=32, help_text="The edge that is asked.")
    phone_system_id = models.UUIDField(help_text="Of which it is asked.")
    sip_label = models.CharField(max_length=63)
    sip_users = models.JSONField(help_text="Of which of its users it is asked.")
    asked_at = models.DateTimeField(help_text="Instant (UTC) of the question.")
    answer = models.JSONField(null=True, help_text="What the edge says (contract.Live); null until then.")

    def __str__(self) -> str:
        return f"{self.node} {self.sip_label}"


def alive(names: Collection[str]) -> QuerySet[EdgeNode]:
    """This function will return those of these edges that have said something lately."""
    return EdgeNode.objects.filter(name__in=names, seen_at__gte=clock.real_now() - DEAD_AFTER)
