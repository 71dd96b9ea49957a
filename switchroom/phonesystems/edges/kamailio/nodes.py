"""Several edges, on this machine and others: each reads the views by itself and says in the portal's database
how far it is, since nobody can speak to it from elsewhere.

An edge says once a second which revision of each view it works by, and of which deleted phone systems it has
ended all calls and registrations. What phone systems do right now, it is asked (``asking.py``). One that has
said nothing for a quarter of a minute is dead: it carries no calls, and when it starts again it reads what is
true by then. But what it has written down of a deleted phone system is there until it says otherwise, so a
deletion is proven only when all edges have said so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from switchroom.phonesystems.edge_nodes import EdgeNode, EdgeQuestion, alive
from switchroom.phonesystems.edges.contract import Live, Tenant
from switchroom.phonesystems.edges.kamailio.asking import ask_edges
from switchroom.phonesystems.edges.kamailio.control import EdgeAway
from switchroom.phonesystems.edges.kamailio.edge import KamailioEdge, NotInForce, tenants_shown
from switchroom.phonesystems.edges.kamailio.repeating import Repeating
from switchroom.phonesystems.models import Operation, OperationKind, OperationState, PhoneSystem
from switchroom.plumbing import clock
from switchroom.plumbing.bulk import read_rows

REPORT_SECONDS = 1.0
ASKED_IN_VAIN = timedelta(minutes=1)
"""A question as old as that was left behind by a page whose process was killed."""
REMEMBERED = timedelta(days=40)
"""So long an edge goes on saying that it has forgotten a phone system, and longer where that is awaited."""


class KamailioEdges:
    """Keeps the contract for all edges that SWITCHROOM_EDGES names."""

    carries_calls = True

    def __init__(self) -> None:
        self._names = [one.name for one in settings.INSTALLATION.edges]

    def push(self, tenant: Tenant) -> None:
        """This function will make sure that all living edges work by this revision or a newer one.

        Raises NotInForce, and EdgeAway when none of them is alive.
        """
        if not self._are_current():
            raise NotInForce(tenant.label, tenant.revision)

    def delete(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> None:
        """This function will do nothing: each edge looks by itself what it has to forget (``Reporter``)."""

    def is_gone(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> bool:
        """This function will say whether all edges, dead ones too, have said that they hold nothing of it."""
        holder = PhoneSystem.objects.filter(sip_label=sip_label).first()
        if holder is not None:
            return holder.id != phone_system_id
        nodes = EdgeNode.objects.filter(name__in=self._names)
        saying = [node.name for node in nodes if str(phone_system_id) in node.forgotten]
        return sorted(saying) == sorted(self._names)

    def known(self, sip_label: str) -> Tenant | None:
        """This function will return the tenant that the edges work by under a label."""
        return self.known_among([sip_label]).get(sip_label)

    def known_among(self, sip_labels: Collection[str]) -> dict[str, Tenant]:
        """This function will return what the views show of these labels, if all living edges work by that."""
        return tenants_shown(sip_labels) if self._are_current() else {}

    def holders_of(self, sip_labels: Collection[str]) -> dict[str, UUID]:
        """This function will say whose tenant each of these labels is."""
        rows = PhoneSystem.objects.filter(sip_label__in=sip_labels)
        return dict(rows.values_list("sip_label", "id"))

    def live(self, sip_label: str, *, phone_system_id: UUID, sip_users: Collection[str] = ()) -> Live:
        """This function will say what a phone system does at all living edges together: calls stay where they
        began, and any edge takes calls for help.

        Raises EdgeAway when one of them says nothing, and when no edge that serves it is alive.
        """
        said = ask_edges(
            self._names, phone_system_id=phone_system_id, sip_label=sip_label, sip_users=sip_users
        )
        if len(said) < len(self._names) and not self._serves(phone_system_id, said):
            raise EdgeAway(f"No edge that serves {sip_label} has said anything lately.")
        registered = [item for live in said.values() for item in live.registrations.items()]
        registered.sort(key=lambda item: item[1].renewed_at)  # who moved is at the edge it came to last
        return Live(
            lines_in_use=sum(live.lines_in_use for live in said.values()), registrations=dict(registered)
        )

    def _serves(self, phone_system_id: UUID, living: Collection[str]) -> bool:
        """Whether one of these edges serves a phone system; a home that is named no longer is none."""
        one = PhoneSystem.objects.get(id=phone_system_id)
        if one.home_edge not in self._names:
            return bool(living)
        return one.home_edge in living or one.standby_edge in living

    def _are_current(self) -> bool:
        said = [node.revisions for node in alive(self._names)]
        if not said:
            raise EdgeAway("None of the edges that SWITCHROOM_EDGES names has said anything lately.")
        wanted: dict[str, int] = dict(read_rows("SELECT name, revision FROM view_edge_revision"))
        return all(one.get(name, 0) >= revision for one in said for name, revision in wanted.items())


class Reporter(Repeating):
    """Says for the edge of this machine what it works by and what it has forgotten."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._edge = KamailioEdge()

    def report_forever(self) -> None:
        """This function will report once a second until ``stop``; what is away is waited for."""
        self._repeat(
            self.report,
            seconds=REPORT_SECONDS,
            waits=REPORT_SECONDS,
            word="edge.reports_wait",
            away=(EdgeAway,),
        )

    def report(self) -> None:
        """This function will end what is to be forgotten here, and say how things are. Raises EdgeAway."""
        EdgeQuestion.objects.filter(asked_at__lt=clock.real_now() - ASKED_IN_VAIN).delete()
        present = EdgeNode.objects.filter(name=self._name).first()
        asked = {str(one.phone_system_id): one for one in _deleted_lately()}
        forgotten = asked.keys() & set(present.forgotten if present is not None else ())
        forgotten |= {id_ for id_ in asked.keys() - forgotten if self._forget(asked[id_])}
        EdgeNode.objects.update_or_create(
            name=self._name,
            defaults={
                "seen_at": clock.real_now(),
                "revisions": self._edge.loaded(),
                "forgotten": sorted(forgotten),
            },
        )

    def _forget(self, operation: Operation) -> bool:
        """Ends what a deleted phone system has here under any label it ever had; whether nothing is left."""
        id_, users = operation.phone_system_id, operation.sip_users
        labels = Operation.objects.filter(phone_system_id=id_).order_by()
        for label in labels.values_list("sip_label", flat=True).distinct():
            self._edge.delete(label, phone_system_id=id_, sip_users=users)
            if not self._edge.is_gone(label, phone_system_id=id_, sip_users=users):
                return False
        return True


def _deleted_lately() -> Iterator[Operation]:
    lately = Q(asked_at__gte=clock.now() - REMEMBERED) | Q(state=OperationState.WAITING)
    yield from Operation.objects.filter(lately, kind=OperationKind.DELETE)
