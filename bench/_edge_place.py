"""The installation whose edge is measured: a provider on PostgreSQL with endpoints and numbers.

The provider is that of ``billing_run`` (``_provider.py``) with phones: every phone system has a number, and
most have ten endpoints. Some of them are called by carriers all the time; those have a single endpoint, so
that a call rings one phone, and more trunk lines than the load takes. Some buy trunk lines; their calls are
limited by what they really booked.
"""

from __future__ import annotations

import logging
import os
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

DAY = date(2025, 11, 20)
"""In the month that the provider has billed already, so that a purchase has nothing else to do."""
SECRET = "one-for-all"  # noqa: S105  # of endpoints that are made up
FIRST_EXTENSION, EXTENSIONS = 10, 10
CALLED = 100
LINES_OF_CALLED = 100_000

MORE_LINES = """
    UPDATE phonesystems_phonesystem
    SET endpoint_limit = %(extensions)s, number_limit = GREATEST(number_limit, 1),
        trunk_lines = CASE WHEN id = ANY(%(called)s) THEN %(lines)s ELSE trunk_lines END
    WHERE NOT id = ANY(%(buyers)s)
"""
ENDPOINTS = """
    INSERT INTO phonesystems_endpoint
        (id, phone_system_id, name, extension, sip_user, ha1, position, created_at)
    SELECT gen_random_uuid(), p.id, 'Desk ' || n, n, n || '-desk',
        md5(n || '-desk:' || p.realm || ':' || %(secret)s), n - %(first)s + 1, p.changed_at
    FROM phonesystems_phonesystem p, generate_series(%(first)s, %(first)s + %(extensions)s - 1) n
    WHERE n = %(first)s OR NOT p.id = ANY(%(called)s)
"""
NUMBERS = """
    INSERT INTO phonesystems_phonenumber (id, e164, area, phone_system_id, position, emergency_street,
        emergency_postal_code, emergency_city, is_live)
    SELECT gen_random_uuid(), '+4930' || (1000000 + ROW_NUMBER() OVER (ORDER BY p.id)), 'Berlin', p.id, 1,
        'Lindenallee 1', '10115', 'Berlin', TRUE
    FROM phonesystems_phonesystem p
"""
REVISIONS = """
    INSERT INTO phonesystems_edgerevision (name, revision)
    SELECT unnest(ARRAY['tenant', 'endpoint', 'extension', 'number', 'group']), 1
"""


class Party(NamedTuple):
    """A phone system that takes part, with its first endpoint and its number."""

    id: UUID
    account_id: UUID
    subscription_id: UUID
    label: str
    domain: str
    user: str
    number: str
    lines: int


class Parties(NamedTuple):
    """Who is called all the time, who now and then, who buys, and the endpoints as (user, domain)."""

    called: list[Party]
    spare: Party
    buyers: list[Party]
    endpoints: list[tuple[str, str]]


def open_place(folder: str, url: str, *, accounts: int, buyers: int) -> Parties:
    """This function will make an installation ready in ``folder`` on an empty database, and write a provider
    with ``accounts`` into it, of which some phone systems take part.
    """
    for name in [name for name in os.environ if name.startswith("SWITCHROOM_")]:
        del os.environ[name]
    os.environ |= {
        "SWITCHROOM_DATA_DIR": folder,
        "SWITCHROOM_DATABASE_URL": url,
        "SWITCHROOM_MOVABLE_CLOCK": "true",
        "SWITCHROOM_TELEPHONE_EDGE": "kamailio",
    }
    import django

    django.setup()
    logging.disable(logging.INFO)
    from bench._provider import put_on_sale, seed
    from switchroom.jobs.preparing import prepare_database
    from switchroom.plumbing import clock

    prepare_database()
    put_on_sale()
    clock.move_to(DAY)
    seed(accounts)
    return _with_phones(buyers)


def _with_phones(buyers: int) -> Parties:
    from django.db import connection, transaction

    from switchroom.phonesystems.models import Endpoint, PhoneSystem

    fit = PhoneSystem.objects.filter(trunk_lines__gte=1, endpoint_limit__gte=1, number_limit__gte=1)
    ids = list(fit.order_by("trunk_lines", "sip_label").values_list("id", flat=True)[: buyers + CALLED + 1])
    facts: dict[str, Any] = {
        "buyers": ids[:buyers],
        "called": ids[buyers:],
        "lines": LINES_OF_CALLED,
        "first": FIRST_EXTENSION,
        "extensions": EXTENSIONS,
        "secret": SECRET,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # The laws count a revision for each row; here they are counted once, below.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in (MORE_LINES, ENDPOINTS, NUMBERS, REVISIONS):
            cursor.execute(statement, facts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    everybody = Endpoint.objects.order_by("phone_system__sip_label", "position")
    *called, spare = [_party(id_) for id_ in ids[buyers:]]
    return Parties(
        called=called,
        spare=spare,
        buyers=[_party(id_) for id_ in ids[:buyers]],
        endpoints=[
            (user, _domain(label))
            for user, label in everybody.values_list("sip_user", "phone_system__sip_label")
        ],
    )


def _party(id_: UUID) -> Party:
    from switchroom.phonesystems.models import PhoneSystem

    one = PhoneSystem.objects.get(id=id_)
    return Party(
        id=id_,
        account_id=one.account_id,
        subscription_id=one.subscription_id,
        label=one.sip_label,
        domain=_domain(one.sip_label),
        user=one.endpoints.earliest("position").sip_user,
        number=one.numbers.get().e164,
        lines=one.trunk_lines,
    )


def _domain(label: str) -> str:
    from django.conf import settings

    return f"{label}.{settings.INSTALLATION.sip_domain}"
