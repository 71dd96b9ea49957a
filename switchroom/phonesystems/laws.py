"""What the database itself forbids about phone systems, whoever writes to it.

Nothing is set up beyond what is entitled or where the service is off (rule 8.2), nothing that works is
deleted, and a deletion record never changes once it is signed, nor before, except by that (rule 7.5). A
port-in stays what was asked for, and over once it is (rule 8.3).
"""

from __future__ import annotations

from typing import Literal

from switchroom.phonesystems.edges.kamailio import views
from switchroom.phonesystems.port_ins import OPEN
from switchroom.plumbing.laws import immutable, refuse, undeletable

_IS_OFF = "NOT (SELECT is_on FROM phonesystems_phonesystem WHERE id = NEW.phone_system_id)"
_NUMBERS_TAKEN = "(SELECT COUNT(*) FROM phonesystems_phonenumber WHERE phone_system_id = NEW.phone_system_id)"
_NUMBERS_ENTITLED = "(SELECT number_limit FROM phonesystems_phonesystem WHERE id = NEW.phone_system_id)"
_RINGS_ANOTHERS = " OR ".join(
    f"NEW.rings_{what}_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM phonesystems_{table} t "  # noqa: S608
    f"WHERE t.id = NEW.rings_{what}_id AND t.phone_system_id = NEW.phone_system_id)"
    for what, table in (("endpoint", "endpoint"), ("group", "ringgroup"))
)
_IS_NEWLY_ASSIGNED = "OLD.phone_system_id IS NULL AND NEW.phone_system_id IS NOT NULL"

_IN_STOCK = "EXISTS (SELECT 1 FROM phonesystems_phonenumber WHERE e164 = NEW.e164)"
_IS_OVER = " AND ".join(f"OLD.state <> '{state.value}'" for state in OPEN)
_ASKED_FOR = [
    "present_provider",
    "holder_name",
    "holder_street",
    "holder_postal_code",
    "holder_city",
    "customer_number",
    "wished_on",
    "document_kind",
    "document_size",
    "asked_at",
]
_WRITTEN: tuple[Literal["INSERT", "UPDATE"], ...] = ("INSERT", "UPDATE")

_RECORDED = [
    "id",
    "account_id",
    "subscription_id",
    "phone_system_id",
    "name",
    "sip_label",
    "revision",
    "rule",
    "deleted_on",
    "deleted_at",
    "endpoints",
    "phone_numbers",
    "backups",
    "calls",
]

LAWS = [
    *undeletable("phonesystems_deletionrecord"),
    *immutable("phonesystems_deletionrecord", when="OLD.verified_at IS NOT NULL"),
    *immutable(
        "phonesystems_deletionrecord", _RECORDED, name="law_phonesystems_deletionrecord_says_the_same"
    ),
    *immutable("phonesystems_phonesystem", ["id", "account_id", "subscription_id", "created_on"]),
    refuse(
        name="law_phonesystems_deleted_only_when_off",
        table="phonesystems_phonesystem",
        event="DELETE",
        when="OLD.is_on",
        sentence="phonesystems_phonesystem: what is on is not deleted",
    ),
    refuse(
        name="law_phonesystems_revision_only_grows",
        table="phonesystems_phonesystem",
        event="UPDATE",
        when="NEW.revision < OLD.revision OR NEW.edge_revision < OLD.edge_revision",
        sentence="phonesystems_phonesystem: revisions only grow",
    ),
    refuse(
        name="law_phonesystems_endpoint_needs_service",
        table="phonesystems_endpoint",
        event="INSERT",
        when=_IS_OFF,
        sentence="phonesystems_endpoint: nothing is set up where the service is off",
    ),
    refuse(
        name="law_phonesystems_endpoint_needs_room",
        table="phonesystems_endpoint",
        event="INSERT",
        when=(
            "(SELECT COUNT(*) FROM phonesystems_endpoint WHERE phone_system_id = NEW.phone_system_id) "
            ">= (SELECT endpoint_limit FROM phonesystems_phonesystem WHERE id = NEW.phone_system_id)"
        ),
        sentence="phonesystems_endpoint: no more than entitled are set up",
    ),
    # A number that goes from one phone system to its follow-up stays whatever the limit is (rule 7.6).
    refuse(
        name="law_phonesystems_number_needs_service",
        table="phonesystems_phonenumber",
        event="UPDATE",
        when=f"{_IS_NEWLY_ASSIGNED} AND {_IS_OFF}",
        sentence="phonesystems_phonenumber: nothing is assigned where the service is off",
    ),
    refuse(
        name="law_phonesystems_number_needs_room",
        table="phonesystems_phonenumber",
        event="UPDATE",
        when=f"{_IS_NEWLY_ASSIGNED} AND {_NUMBERS_TAKEN} >= {_NUMBERS_ENTITLED}",
        sentence="phonesystems_phonenumber: no more than entitled are assigned",
    ),
    *immutable("phonesystems_portin", _ASKED_FOR),
    *immutable(
        "phonesystems_portin",
        ["state", "confirmed_on", "reason", "document", "changed_at"],
        when=_IS_OVER,
        name="law_phonesystems_port_in_is_over",
    ),
    *immutable("phonesystems_portinnumber", ["port_in_id", "e164"]),
    refuse(
        name="law_phonesystems_port_in_stays_over",
        table="phonesystems_portinnumber",
        event="UPDATE",
        when="NEW.is_open AND NOT OLD.is_open",
        sentence="phonesystems_portinnumber: what is over is not opened again",
    ),
    refuse(
        name="law_phonesystems_port_in_of_no_number_of_ours",
        table="phonesystems_portinnumber",
        event="INSERT",
        when=_IN_STOCK,
        sentence="phonesystems_portinnumber: what is in the stock is not brought along",
    ),
    *(
        refuse(
            name=f"law_phonesystems_number_rings_its_own_{event.lower()}",
            table="phonesystems_phonenumber",
            event=event,
            when=_RINGS_ANOTHERS,
            sentence="phonesystems_phonenumber: it rings what belongs to the same phone system",
        )
        for event in _WRITTEN
    ),
    *(
        refuse(
            name=f"law_phonesystems_{table}_extension_once_{event.lower()}",
            table=f"phonesystems_{table}",
            event=event,
            when=(
                f"EXISTS (SELECT 1 FROM phonesystems_{other} t "  # noqa: S608
                "WHERE t.phone_system_id = NEW.phone_system_id AND t.extension = NEW.extension)"
            ),
            sentence=f"phonesystems_{table}: an extension is an endpoint's or a ring group's",
        )
        for table, other in (("endpoint", "ringgroup"), ("ringgroup", "endpoint"))
        for event in _WRITTEN
    ),
    *(
        refuse(
            name=f"law_phonesystems_ring_group_rings_its_own_{event.lower()}",
            table="phonesystems_ringgroupmember",
            event=event,
            when=(
                "NOT EXISTS (SELECT 1 FROM phonesystems_ringgroup g JOIN phonesystems_endpoint e "
                "ON e.phone_system_id = g.phone_system_id "
                "WHERE g.id = NEW.ring_group_id AND e.id = NEW.endpoint_id)"
            ),
            sentence="phonesystems_ringgroupmember: the endpoint is of the same phone system",
        )
        for event in _WRITTEN
    ),
    *immutable(
        "phonesystems_operation",
        ["phone_system_id", "sip_label", "kind", "revision", "sip_users", "asked_at"],
    ),
    *views.LAWS,
]
