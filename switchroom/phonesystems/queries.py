"""What pages ask about phone systems, in a fixed number of queries however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from switchroom.phonesystems.edges.contract import Registration
from switchroom.phonesystems.models import (
    Backup,
    BackupKind,
    DeletionRecord,
    Endpoint,
    PhoneNumber,
    PhoneSystem,
    RingGroup,
    RingGroupMember,
)
from switchroom.phonesystems.port_ins import PortInNumber
from switchroom.rules.promise import Grants

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


_OURS = ~Q(kind=BackupKind.UPLOADED)


@dataclass(frozen=True)
class ListedEndpoint:
    """An endpoint in the member's order; over the limit it is good for emergency calls only (rule 6.3).

    ``registration`` says how it is registered right now, if that was asked and it is.
    """

    endpoint: Endpoint
    over: bool
    registration: Registration | None = None


@dataclass(frozen=True)
class ListedNumber:
    """A number in the member's order; over the limit it takes no calls (rule 6.3)."""

    number: PhoneNumber
    over: bool


def phone_system_of(subscription_id: UUID) -> PhoneSystem | None:
    """This function will return the phone system of a subscription, none before it begins and after it is
    deleted.
    """
    return PhoneSystem.objects.filter(subscription_id=subscription_id).first()


def phone_systems_of(account_id: UUID) -> list[PhoneSystem]:
    """This function will return all phone systems of an account, oldest first."""
    return list(PhoneSystem.objects.filter(account_id=account_id))


class InUse(TypedDict):
    """What ``with_use`` adds to a phone system: counts of what is set up, and the instants (UTC) of the
    newest backup that is kept here and of the newest one that a member has taken home.

    Numbers that are on their way here are in use: their place is kept.
    """

    endpoints_in_use: int
    numbers_in_use: int
    backed_up_at: datetime | None
    at_home_at: datetime | None


def with_use(phone_systems: QuerySet[PhoneSystem]) -> QuerySet[WithAnnotations[PhoneSystem, InUse]]:
    """This function will have counted what is set up in phone systems, in the query that reads them."""
    return phone_systems.annotate(
        endpoints_in_use=Coalesce(_of_each(Endpoint, Count("id")), 0),
        numbers_in_use=Coalesce(_of_each(PhoneNumber, Count("id")), 0) + Coalesce(_on_their_way(), 0),
        backed_up_at=_of_each(Backup, Max("made_at", filter=_OURS & ~Q(file=""))),
        at_home_at=_of_each(Backup, Max("made_at", filter=_OURS & Q(downloaded_at__isnull=False))),
    )


def usage_of_many(phone_system_ids: Collection[UUID]) -> dict[UUID, Grants]:
    """This function will count what is set up in each phone system, in two queries; trunk lines are always
    zero.
    """
    endpoints = _counted(phone_system_ids)
    numbers = _numbers_counted(phone_system_ids)
    return {
        phone_system_id: Grants(
            trunk_lines=0,
            endpoints=endpoints.get(phone_system_id, 0),
            phone_numbers=numbers.get(phone_system_id, 0),
        )
        for phone_system_id in phone_system_ids
    }


def usage_in(subscription_id: UUID) -> Grants:
    """This function will count what is set up in a subscription's phone system, in one query.

    Nothing before it begins and after it is deleted.
    """
    found = with_use(PhoneSystem.objects.filter(subscription_id=subscription_id)).first()
    return Grants() if found is None else Grants(0, found.endpoints_in_use, found.numbers_in_use)


def endpoints_of(phone_system: PhoneSystem) -> list[ListedEndpoint]:
    """This function will list a phone system's endpoints in the member's order."""
    return [
        ListedEndpoint(endpoint, over=place >= phone_system.endpoint_limit)
        for place, endpoint in enumerate(phone_system.endpoints.order_by("position"))
    ]


def numbers_of(phone_system: PhoneSystem) -> list[ListedNumber]:
    """This function will list a phone system's numbers in the member's order."""
    return [
        ListedNumber(number, over=place >= phone_system.number_limit)
        for place, number in enumerate(
            phone_system.numbers.select_related("rings_endpoint", "rings_group").order_by("position", "e164")
        )
    ]


def ring_groups_of(phone_system: PhoneSystem) -> list[RingGroup]:
    """This function will list a phone system's ring groups with who rings in them, in two queries."""
    members = Prefetch("members", RingGroupMember.objects.select_related("endpoint"))
    return list(phone_system.ring_groups.prefetch_related(members))


def deletion_record_of(subscription_id: UUID) -> DeletionRecord | None:
    """This function will return the record of a subscription's deleted phone system, none when it was not
    deleted.
    """
    return DeletionRecord.objects.filter(subscription_id=subscription_id).first()


def _counted(phone_system_ids: Collection[UUID]) -> dict[UUID, int]:
    rows = Endpoint.objects.filter(phone_system_id__in=phone_system_ids).order_by()
    return dict(rows.values_list("phone_system_id").annotate(count=Count("id")))


def _numbers_counted(phone_system_ids: Collection[UUID]) -> Counter[UUID]:
    """Those that are here and those that are on their way, in one query."""
    here = PhoneNumber.objects.filter(phone_system_id__in=phone_system_ids).order_by()
    coming = PortInNumber.objects.filter(is_open=True, port_in__phone_system_id__in=phone_system_ids)
    counts = here.values_list("phone_system_id").annotate(count=Count("id"))
    more = coming.order_by().values_list("port_in__phone_system_id").annotate(count=Count("id"))
    counted: Counter[UUID] = Counter()
    for phone_system_id, count in counts.union(more, all=True):
        counted[phone_system_id] += count
    return counted


def _on_their_way() -> Subquery:
    rows = PortInNumber.objects.filter(is_open=True, port_in__phone_system=OuterRef("pk")).order_by()
    counts = rows.values("port_in__phone_system").annotate(figure=Count("id"))
    return Subquery(counts.values("figure"))


def _of_each(model: type[Endpoint | PhoneNumber | Backup], figure: Count | Max) -> Subquery:
    """Each figure by a query of its own: joined, the rows would multiply."""
    rows = model._default_manager.filter(phone_system=OuterRef("pk")).order_by().values("phone_system")
    return Subquery(rows.annotate(figure=figure).values("figure"))
