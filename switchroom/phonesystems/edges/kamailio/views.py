"""What the telephone edge reads of the portal's database: these views and nothing else.

Each view has a revision, which grows with the transaction that changes what the view shows. On PostgreSQL it
is counted last of all, at the commit and under a lock of its own, so that nobody who changes a phone system
waits for another before that, and whoever reads a revision sees all that it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from switchroom.plumbing.laws import Law, differs, view

ROLE = "switchroom_edge"
"""What an edge calls itself on PostgreSQL: it may read these views and nothing else."""

TENANT, ENDPOINT, EXTENSION, NUMBER, GROUP = "tenant", "endpoint", "extension", "number", "group"
OWN, HOME = "own", "home"

_ENDPOINTS = """
    SELECT e.id, e.sip_user || '@' || p.sip_label AS address, e.extension || '@' || p.sip_label AS dialled,
           e.sip_user, e.ha1, e.extension, p.sip_label AS label, e.place,
           CASE WHEN e.place > p.endpoint_limit THEN 1 ELSE 0 END AS is_over
    FROM (
        SELECT id, phone_system_id, sip_user, ha1, extension,
               ROW_NUMBER() OVER (PARTITION BY phone_system_id ORDER BY position) AS place
        FROM phonesystems_endpoint{of_which}
    ) AS e JOIN phonesystems_phonesystem p ON p.id = e.phone_system_id
"""
ENDPOINTS = _ENDPOINTS.format(of_which="")
WHERE_GROUPS_ARE = _ENDPOINTS.format(
    of_which=" WHERE phone_system_id IN (SELECT phone_system_id FROM phonesystems_ringgroup)"
)
"""The endpoints of those phone systems only that have ring groups: few look at many for them."""
NUMBERS = """
    SELECT n.e164, p.sip_label AS label, CASE WHEN n.place > p.number_limit THEN 1 ELSE 0 END AS is_over,
           ROW_NUMBER() OVER (PARTITION BY p.id ORDER BY n.place) AS turn,
           n.rings_endpoint_id, n.rings_group_id
    FROM (
        SELECT phone_system_id, e164, is_live, rings_endpoint_id, rings_group_id,
               ROW_NUMBER() OVER (PARTITION BY phone_system_id ORDER BY position, e164) AS place
        FROM phonesystems_phonenumber WHERE phone_system_id IS NOT NULL
    ) AS n JOIN phonesystems_phonesystem p ON p.id = n.phone_system_id
    WHERE n.is_live
"""
TENANTS = f"""
    SELECT p.sip_label AS label,
           CASE WHEN NOT p.is_on THEN 'off' WHEN p.barring = 'all' THEN 'barred'
                WHEN p.barring = 'outgoing' THEN 'outgoing_barred' ELSE 'on' END AS state,
           p.trunk_lines, p.realm, COALESCE(n.e164, '') AS first_number,
           COALESCE(n.is_over, 0) AS first_is_over, CAST(p.id AS TEXT) AS phone_system_id, p.revision,
           p.barring
    FROM phonesystems_phonesystem p
    LEFT JOIN ({NUMBERS}) AS n ON n.label = p.sip_label AND n.turn = 1
"""  # noqa: S608  # our own words
NUMBERS_WITH_TARGETS = f"""
    SELECT n.e164, n.label, n.is_over, COALESCE(e.sip_user, '') AS endpoint,
           COALESCE(g.extension, '') AS ring_group, n.turn
    FROM ({NUMBERS}) AS n
    LEFT JOIN phonesystems_endpoint e ON e.id = n.rings_endpoint_id
    LEFT JOIN phonesystems_ringgroup g ON g.id = n.rings_group_id
"""  # noqa: S608
OWN_NUMBERS = f"""
    SELECT e.sip_user || '@' || n.label AS address, n.e164, n.is_over
    FROM (
        SELECT rings_endpoint_id, label, e164, is_over,
               ROW_NUMBER() OVER (PARTITION BY rings_endpoint_id ORDER BY turn) AS turn
        FROM ({NUMBERS}) AS n WHERE rings_endpoint_id IS NOT NULL
    ) AS n JOIN phonesystems_endpoint e ON e.id = n.rings_endpoint_id
    WHERE n.turn = 1
"""  # noqa: S608
"""Of each endpoint the first number that rings it alone: what it calls for help from, so that help comes to
where it stands.
"""
HOMES = """
    SELECT sip_label AS label, home_edge, standby_edge FROM phonesystems_phonesystem WHERE home_edge <> ''
"""
GROUPS = f"""
    SELECT label AS address, 'all' AS manner, {{users}} AS rings, label
    FROM (SELECT label, sip_user, place FROM ({ENDPOINTS}) AS e WHERE is_over = 0 ORDER BY label, place) AS e
    GROUP BY label
    UNION ALL
    SELECT address, manner, COALESCE({{turns}}, '') AS rings, label
    FROM (
        SELECT g.extension || '@' || p.sip_label AS address, g.manner, e.sip_user, m.seconds, m.position,
               p.sip_label AS label
        FROM phonesystems_ringgroup g JOIN phonesystems_phonesystem p ON p.id = g.phone_system_id
        LEFT JOIN (
            phonesystems_ringgroupmember m
            JOIN ({WHERE_GROUPS_ARE}) AS e ON e.id = m.endpoint_id AND e.is_over = 0
        ) ON m.ring_group_id = g.id
        ORDER BY address, m.position
    ) AS g
    GROUP BY address, manner, label
"""  # noqa: S608
"""Who rings: all phones of a phone system under its label, a ring group's under ``extension@label``."""

TENANT_COLUMNS = (
    "label",
    "state",
    "trunk_lines",
    "realm",
    "first_number",
    "first_is_over",
    "phone_system_id",
    "revision",
)
"""As ``kamailio.cfg`` reads them."""

Event = Literal["INSERT", "UPDATE", "DELETE"]

PHONE_SYSTEM_COLUMNS = {
    TENANT: ("sip_label", "is_on", "barring", "trunk_lines", "realm", "number_limit", "revision"),
    HOME: ("sip_label", "home_edge", "standby_edge"),
    ENDPOINT: ("sip_label", "endpoint_limit"),
    EXTENSION: ("sip_label",),
    NUMBER: ("sip_label", "number_limit"),
    GROUP: ("sip_label", "endpoint_limit"),
    OWN: ("sip_label", "number_limit"),
}
ENDPOINT_COLUMNS = {
    ENDPOINT: ("sip_user", "ha1", "extension", "position"),
    EXTENSION: ("sip_user", "extension"),
    GROUP: ("sip_user", "position"),
}
NUMBER_COLUMNS = {
    NUMBER: ("e164", "phone_system_id", "is_live", "position", "rings_endpoint_id", "rings_group_id"),
    TENANT: ("e164", "phone_system_id", "is_live", "position"),
    OWN: ("e164", "phone_system_id", "is_live", "position", "rings_endpoint_id"),
}
GROUP_COLUMNS = {GROUP: ("extension", "manner"), NUMBER: ("extension",)}
MEMBER_COLUMNS = {GROUP: ("position", "seconds")}


def _views() -> Iterator[Law]:
    yield _view(TENANT, TENANTS)
    yield _view(HOME, HOMES)
    yield _view(
        ENDPOINT,
        f"SELECT address, ha1, is_over, extension, label, sip_user, place FROM ({ENDPOINTS}) AS e",  # noqa: S608
    )
    yield _view(EXTENSION, f"SELECT dialled AS address, sip_user FROM ({ENDPOINTS}) AS e")  # noqa: S608
    yield _view(NUMBER, NUMBERS_WITH_TARGETS)
    yield _view(OWN, OWN_NUMBERS)
    yield _view(
        GROUP,
        GROUPS.format(
            users="GROUP_CONCAT('0:' || sip_user, ';')", turns="GROUP_CONCAT(seconds || ':' || sip_user, ';')"
        ),
        postgresql=GROUPS.format(
            users="STRING_AGG('0:' || sip_user, ';' ORDER BY place)",
            turns="STRING_AGG(seconds || ':' || sip_user, ';' ORDER BY position)",
        ),
    )
    yield _view("revision", "SELECT name, revision FROM phonesystems_edgerevision")


def _view(name: str, select: str, *, postgresql: str = "") -> Law:
    """A view, and on PostgreSQL the leave to read it for the edge's own role, where there is one."""
    whole = f"view_edge_{name}"
    leave = (
        f"DO $leave$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN "
        f"GRANT SELECT ON {whole} TO {ROLE}; END IF; END $leave$"
    )
    select, postgresql = select.strip(), postgresql.strip()
    law = view(name=whole, select=select)
    return replace(law, postgresql=f"CREATE VIEW {whole} AS {postgresql or select}; {leave}")


def _counted(table: str, columns_of: Mapping[str, Sequence[str]]) -> Iterator[Law]:
    """The laws by which a change of a table counts the revisions of the views that show it."""
    short = table.removeprefix("phonesystems_")
    for view_name, columns in columns_of.items():
        events: tuple[Event, ...] = ("INSERT", "UPDATE", "DELETE")
        for event in events:
            yield _count(f"law_edge_{view_name}_{short}_{event.lower()}", table, event, columns, view_name)


def _count(name: str, table: str, event: Event, columns: Sequence[str], view_name: str) -> Law:
    occasion: str = event
    when = ""
    if event == "UPDATE":
        # Whoever sets a column to what it was has changed nothing that would have to be loaded anew.
        occasion = f"UPDATE OF {', '.join(columns)}"
        when = f" WHEN ({' OR '.join(f'({differs(column)})' for column in columns)})"
    count = (
        f"INSERT INTO phonesystems_edgerevision (name, revision) VALUES ('{view_name}', 1) "  # noqa: S608
        "ON CONFLICT (name) DO UPDATE SET revision = phonesystems_edgerevision.revision + 1"
    )
    return Law(
        name=name,
        table=table,
        sqlite=f"CREATE TRIGGER {name} AFTER {occasion} ON {table} FOR EACH ROW{when} BEGIN {count}; END",
        # One lock for all of them, so that two transactions never wait for each other; what this transaction
        # has counted already, it need not count once more.
        postgresql=(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $law$ BEGIN "
            "PERFORM pg_advisory_xact_lock(hashtext('phonesystems_edgerevision')); "
            f"{count} WHERE phonesystems_edgerevision.xmin <> pg_current_xact_id()::xid; "
            "RETURN NULL; END $law$; "
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {occasion} ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW{when} EXECUTE FUNCTION {name}()"
        ),
    )


LAWS = [
    *_views(),
    *_counted("phonesystems_phonesystem", PHONE_SYSTEM_COLUMNS),
    *_counted("phonesystems_endpoint", ENDPOINT_COLUMNS),
    *_counted("phonesystems_phonenumber", NUMBER_COLUMNS),
    *_counted("phonesystems_ringgroup", GROUP_COLUMNS),
    *_counted("phonesystems_ringgroupmember", MEMBER_COLUMNS),
]
