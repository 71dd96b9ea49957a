"""How a phone system comes into being: new with a trial, or taking over from one that ends (rules 3.1 and
7.6).
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from switchroom.phonesystems.changing import hold
from switchroom.phonesystems.models import DeletionRecord, PhoneNumber, PhoneSystem
from switchroom.phonesystems.naming import check_name_free, name_is_taken
from switchroom.phonesystems.operations import ask_edge
from switchroom.phonesystems.porting import hand_over
from switchroom.rules.promise import Grants
from switchroom.subscriptions.models import Subscription


def set_up(
    *, subscription: Subscription, name: str, entitled: Grants, day: date, at: datetime
) -> PhoneSystem:
    """This function will set up an empty phone system that is switched on, and ask the edge to know it.

    Raises ``Refused`` (rules 3.1 and 8) for a name that is taken or cannot be used.
    """
    label = check_name_free(name=name)
    phone_system = _new(subscription, name.strip(), label, _random_realm(), entitled, day, at)
    phone_system.home_edge = settings.INSTALLATION.edge_home
    phone_system.standby_edge = settings.INSTALLATION.edge_standby
    phone_system.revision = _last_revision_of(label)
    try:
        with transaction.atomic():
            phone_system.save(force_insert=True)
    except IntegrityError:
        if PhoneSystem.objects.filter(sip_label=label).exists():  # another account took it since we looked
            raise name_is_taken(name) from None
        raise
    ask_edge(phone_system=phone_system, at=at)
    return phone_system


def take_over(
    *, old: PhoneSystem, subscription: Subscription, entitled: Grants, day: date, at: datetime
) -> PhoneSystem:
    """This function will set up a follow-up's phone system with the name, SIP domain and numbers of the
    old one.

    Numbers keep their order and emergency addresses, stay live and see no quarantine. Open port-ins go on.
    The realm goes along, so that a restored backup lets devices in with the passwords they have, and so does
    what is barred while bills are overdue (rule 9.1). Endpoints and ring groups are not copied, so numbers
    ring whatever phones come. The old one stays, under a technical
    label and without numbers, until it is deleted. Raises ``Refused`` (rule 7.5) when the old one is already
    deleted.
    """
    hold(old)
    name, label, realm = old.name, old.sip_label, old.realm
    revision = old.revision  # the edge ignores older ones of a label, so the new holder counts on
    old.sip_label = f"was-{old.id.hex}"
    old.realm = _random_realm()
    old.save(update_fields=["sip_label", "realm"])
    phone_system = _new(subscription, name, label, realm, entitled, day, at)
    phone_system.home_edge, phone_system.standby_edge = old.home_edge, old.standby_edge
    phone_system.barring, phone_system.barred_on = old.barring, old.barred_on
    phone_system.revision = revision
    phone_system.save(force_insert=True)
    PhoneNumber.objects.filter(phone_system=old).update(
        phone_system=phone_system, rings_endpoint=None, rings_group=None
    )
    hand_over(old=old, new=phone_system)
    ask_edge(phone_system=phone_system, at=at)  # first, so that the label never stands empty at the edge
    ask_edge(phone_system=old, at=at)
    return phone_system


def _new(
    subscription: Subscription, name: str, label: str, realm: str, entitled: Grants, day: date, at: datetime
) -> PhoneSystem:
    return PhoneSystem(
        account_id=subscription.account_id,
        subscription=subscription,
        name=name,
        sip_label=label,
        realm=realm,
        created_on=day,
        changed_at=at,
        is_on=True,
        trunk_lines=entitled.trunk_lines,
        endpoint_limit=entitled.endpoints,
        number_limit=entitled.phone_numbers,
    )


def _random_realm() -> str:
    return secrets.token_hex(16)


def _last_revision_of(label: str) -> int:
    former = DeletionRecord.objects.filter(sip_label=label).aggregate(last=Max("revision"))
    return former["last"] or 0
