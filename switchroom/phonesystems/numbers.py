"""Phone numbers: assets of the provider's stock, each assigned to at most one phone system (rules 7.8 and
8.3).

A number is taken from the stock, gets an emergency address, goes live, and rests in quarantine when it
is given back, so that it can still be ported and nobody gets the calls of its last holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import phonenumbers
from django.conf import settings
from django.db.models import CharField, Count, Max, Q, QuerySet
from django.db.models.functions import Length, Substr

from switchroom.phonesystems.changing import NoRoom, hold, hold_switched_on, note_change, tell
from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem, RingGroup
from switchroom.phonesystems.ordering import put_in_order
from switchroom.phonesystems.port_ins import PortInNumber
from switchroom.plumbing import clock
from switchroom.rules.refusals import Refused, gettext_noop

BLOCK = 10
LONGEST_AREA = 60
LONGEST_STREET = 120
LONGEST_POSTAL_CODE = 10
LONGEST_CITY = 60
ADDRESS_PARTS = {"street": LONGEST_STREET, "postal_code": LONGEST_POSTAL_CODE, "city": LONGEST_CITY}


def add_stock(*, numbers: Iterable[str], area: str) -> int:
    """This function will add the provider's numbers of one area to the stock and return how many are new.

    Numbers may be written as people do, in the provider's country or with a country code; numbers that are
    already in the stock stay as they are. Raises ``Refused`` (rule 8.3) for what is no number, and adds none.
    """
    cleaned_area = one_line(area, longest=LONGEST_AREA)
    wanted = dict.fromkeys(e164_of(number) for number in numbers)
    present = set(PhoneNumber.objects.filter(e164__in=wanted).values_list("e164", flat=True))
    new = [PhoneNumber(e164=e164, area=cleaned_area) for e164 in wanted if e164 not in present]
    PhoneNumber.objects.bulk_create(new)
    return len(new)


def e164_of(number: str) -> str:
    """This function will return a number in the form +493023125000. Raises ``Refused`` (rule 8.3)."""
    try:
        parsed = phonenumbers.parse(number, settings.INSTALLATION.country)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise Refused("8.3", gettext_noop("“{number}” is not a phone number."), number=number)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def free_numbers(*, day: date, area: str = "") -> QuerySet[PhoneNumber]:
    """This function will return the numbers that can be taken on a day, those in quarantine left out."""
    rested = Q(quarantine_until__isnull=True) | Q(quarantine_until__lte=day)
    free = PhoneNumber.objects.filter(rested, phone_system__isnull=True).order_by("e164")
    return free.filter(area=area) if area else free


def take_number(
    *,
    phone_system: PhoneSystem,
    number_id: UUID | None = None,
    area: str = "",
    at: datetime,
    actor: str = "",
) -> PhoneNumber:
    """This function will assign a free number to a phone system: the one named, or the first of an area.

    It comes last in the member's order and is not yet live. Two that take at once never get the same.
    Raises NoRoom (rule 8.2) for one more than entitled, and ``Refused`` (rule 8.3) when the number or
    the area's last one is gone.
    """
    hold_switched_on(phone_system)
    check_room(phone_system, 1, on_their_way=count_on_their_way(phone_system))
    free = free_numbers(day=clock.local_day(at), area=area)
    if number_id is not None:
        free = free.filter(id=number_id)
    # Who comes second passes over the row that the first is just taking. SQLite has one writer at a time.
    number = free.select_for_update(skip_locked=True, of=("self",)).first()
    if number is None:
        raise _nothing_free(number_id, area)
    _take(phone_system, [number], at=at, actor=actor)
    return number


def free_blocks(*, day: date, area: str) -> list[str]:
    """This function will list the blocks of ten of an area that can be taken whole on a day, each as what its
    ten numbers begin with: +49302312500 is +493023125000 to +493023125009.
    """
    begins = Substr("e164", 1, Length("e164") - 1, output_field=CharField())
    blocks = free_numbers(day=day, area=area).order_by().annotate(begins=begins).values("begins")
    whole = blocks.annotate(count=Count("id")).filter(count=BLOCK).order_by("begins")
    return list(whole.values_list("begins", flat=True))


def take_block(*, phone_system: PhoneSystem, begins: str, at: datetime, actor: str = "") -> list[PhoneNumber]:
    """This function will assign a whole block of ten to a phone system, all or none, and return it in order.

    ``begins`` is one of ``free_blocks``. Raises NoRoom (rule 8.2) for more than entitled, and ``Refused``
    (rule 8.3) when one of the ten is gone.
    """
    hold_switched_on(phone_system)
    check_room(phone_system, BLOCK, on_their_way=count_on_their_way(phone_system))
    ten = [f"{begins}{last}" for last in range(BLOCK)]
    free = free_numbers(day=clock.local_day(at)).filter(e164__in=ten)
    numbers = list(free.select_for_update(skip_locked=True, of=("self",)))
    if len(numbers) < BLOCK:
        raise Refused("8.3", gettext_noop("This block has just been taken. Please choose another one."))
    _take(phone_system, numbers, at=at, actor=actor)
    return numbers


def emergency_address_errors(typed: Mapping[str, str]) -> dict[str, Refused]:
    """This function will say what is wrong with each part of an emergency address, given as part → text."""
    errors: dict[str, Refused] = {}
    for part, longest in ADDRESS_PARTS.items():
        try:
            one_line(typed.get(part, ""), longest=longest)
        except Refused as refused:
            errors[part] = refused
    return errors


def set_emergency_address(
    *, number: PhoneNumber, street: str, postal_code: str, city: str, at: datetime
) -> None:
    """This function will note where help is to come when somebody calls 110 or 112 from this number (rule
    8.3).

    Raises ``Refused`` (rule 8) for a part that is empty, too long or unprintable.
    """
    address = (
        one_line(street, longest=LONGEST_STREET),
        one_line(postal_code, longest=LONGEST_POSTAL_CODE),
        one_line(city, longest=LONGEST_CITY),
    )
    phone_system = _hold_with_phone_system(number)
    if address == (number.emergency_street, number.emergency_postal_code, number.emergency_city):
        return
    number.emergency_street, number.emergency_postal_code, number.emergency_city = address
    number.save(update_fields=["emergency_street", "emergency_postal_code", "emergency_city"])
    note_change(phone_system=phone_system, at=at)


def go_live(*, number: PhoneNumber, at: datetime, actor: str = "") -> bool:
    """This function will let a number take calls; False when it does already.

    Raises ``Refused`` (rule 8.3) when it has no emergency address yet.
    """
    phone_system = _hold_with_phone_system(number)
    if number.is_live:
        return False
    if not number.emergency_street:
        raise Refused(
            "8.3",
            gettext_noop("{number} needs an emergency address before it can take calls."),
            number=number.e164,
        )
    number.is_live = True
    number.save(update_fields=["is_live"])
    note_change(phone_system=phone_system, at=at)
    _tell(phone_system, number, "number_live", clock.local_day(at), actor)
    return True


def let_ring(
    *,
    number: PhoneNumber,
    endpoint: Endpoint | None = None,
    group: RingGroup | None = None,
    at: datetime,
    actor: str = "",
) -> None:
    """This function will say who rings when a number is called: one endpoint or one ring group of its phone
    system, all phones when neither is given.

    Raises ``Refused`` (rule 8.3) when that one is gone.
    """
    phone_system = _hold_with_phone_system(number)
    chosen = endpoint or group
    there = phone_system.ring_groups if endpoint is None else phone_system.endpoints
    if chosen is not None and not there.filter(id=chosen.id).exists():
        raise nobody_to_ring()
    if (number.rings_endpoint_id, number.rings_group_id) == (endpoint and endpoint.id, group and group.id):
        return
    number.rings_endpoint, number.rings_group = endpoint, group
    number.save(update_fields=["rings_endpoint", "rings_group"])
    note_change(phone_system=phone_system, at=at)
    rings = "" if chosen is None else chosen.name
    _tell(phone_system, number, "number_rings", clock.local_day(at), actor, rings=rings)


def nobody_to_ring() -> Refused:
    """This function will return the refusal of who was chosen to ring and is not there."""
    return Refused("8.3", gettext_noop("Who was chosen to ring has been removed meanwhile."))


def release_number(
    *, number: PhoneNumber, day: date, quarantine_days: int, at: datetime, actor: str = ""
) -> None:
    """This function will take a number from its phone system; it rests for so many days, then is free
    again.
    """
    phone_system = _hold_with_phone_system(number)
    to_quarantine(numbers=PhoneNumber.objects.filter(id=number.id), day=day, quarantine_days=quarantine_days)
    number.refresh_from_db()
    note_change(phone_system=phone_system, at=at)
    rests_until = day + timedelta(days=quarantine_days)
    _tell(phone_system, number, "number_released", day, actor, quarantine_until=rests_until.isoformat())


def to_quarantine(*, numbers: QuerySet[PhoneNumber], day: date, quarantine_days: int) -> int:
    """This function will end the assignment of numbers, forget their addresses, and return how many there
    were.

    They can be taken again from ``day + quarantine_days`` on (rule 7.8).
    """
    return numbers.update(
        phone_system=None,
        position=0,
        is_live=False,
        rings_endpoint=None,
        rings_group=None,
        emergency_street="",
        emergency_postal_code="",
        emergency_city="",
        quarantine_until=day + timedelta(days=quarantine_days),
    )


def free_rested_numbers(*, day: date) -> int:
    """This function will end the quarantine of the numbers that have rested by a day, and return how many.

    They can be taken from that day on without it; this keeps the stock's list honest.
    """
    rested = PhoneNumber.objects.filter(quarantine_until__lte=day)
    return rested.update(quarantine_until=None)


def reorder_numbers(*, phone_system: PhoneSystem, ids: Sequence[UUID], at: datetime) -> None:
    """This function will put the numbers into the member's order; the first that are entitled work (rule
    6.3).

    ``ids`` must name each number once. Raises ``Refused`` (rule 6.3) when the list has changed
    meanwhile.
    """
    hold(phone_system)
    if put_in_order(phone_system.numbers.order_by("position", "e164"), ids):
        note_change(phone_system=phone_system, at=at)


def take_in(*, phone_system: PhoneSystem, numbers: Iterable[str], area: str, at: datetime) -> None:
    """This function will add numbers (E.164) that come from another provider to the stock and assign them, in
    their order, not yet live; the caller holds the phone system, which is on.

    Those that the operator has put into the stock meanwhile are taken from there. Raises NoRoom (rule 8.2)
    for more than entitled, and ``Refused`` (rule 8.3) when somebody else has one.
    """
    wanted = sorted(numbers)
    check_room(phone_system, len(wanted), on_their_way=0)
    rows = PhoneNumber.objects.filter(e164__in=wanted).order_by("e164").select_for_update(of=("self",))
    present = {number.e164: number for number in rows}
    for number in present.values():
        if number.phone_system_id is not None:
            raise Refused("8.3", gettext_noop("{number} is assigned already."), number=number.e164)
    new = [PhoneNumber(e164=e164, area=area) for e164 in wanted if e164 not in present]
    present |= {number.e164: number for number in PhoneNumber.objects.bulk_create(new)}
    _assign(phone_system, [present[e164] for e164 in wanted], at=at)


def count_on_their_way(phone_system: PhoneSystem) -> int:
    """This function will count the numbers of open port-ins: each keeps its place among those entitled."""
    return PortInNumber.objects.filter(is_open=True, port_in__phone_system=phone_system).count()


def check_room(phone_system: PhoneSystem, wanted: int, *, on_their_way: int) -> None:
    """This function will raise NoRoom (rule 8.2) when so many more numbers than are assigned and on their way
    are more than entitled.
    """
    taken, entitled = phone_system.numbers.count(), phone_system.number_limit
    used = taken + on_their_way
    if used + wanted > entitled:
        raise NoRoom(_no_room(wanted, on_their_way), entitled=entitled, used=used, wanted=wanted)


def _no_room(wanted: int, on_their_way: int) -> str:
    if wanted == 1 and not on_their_way:
        return gettext_noop(
            "Your licences do not allow another phone number: {used} taken, {entitled} included."
        )
    if wanted == 1:
        return gettext_noop(
            "Your licences do not allow another phone number: {used} taken or on their way, "
            "{entitled} included."
        )
    if not on_their_way:
        return gettext_noop(
            "Your licences do not allow {wanted} more phone numbers: {used} taken, {entitled} included."
        )
    return gettext_noop(
        "Your licences do not allow {wanted} more phone numbers: {used} taken or on their way, "
        "{entitled} included."
    )


def _take(phone_system: PhoneSystem, numbers: Sequence[PhoneNumber], *, at: datetime, actor: str) -> None:
    _assign(phone_system, numbers, at=at)
    for number in numbers:
        _tell(phone_system, number, "number_taken", clock.local_day(at), actor, area=number.area)


def _assign(phone_system: PhoneSystem, numbers: Sequence[PhoneNumber], *, at: datetime) -> None:
    """They come last in the member's order, in their own, and rest no longer."""
    for position, number in enumerate(numbers, start=_last_position(phone_system) + 1):
        number.phone_system = phone_system
        number.position = position
        number.quarantine_until = None
        number.save(update_fields=["phone_system", "position", "quarantine_until"])
    note_change(phone_system=phone_system, at=at)


def _hold_with_phone_system(number: PhoneNumber) -> PhoneSystem:
    """Whoever changes an assigned number holds its phone system, so the number's own row needs no lock."""
    phone_system = number.phone_system
    if phone_system is not None:
        hold(phone_system)
        number.refresh_from_db()
    if phone_system is None or number.phone_system_id != phone_system.id:
        raise Refused(
            "8.3", gettext_noop("{number} does not belong to this phone system."), number=number.e164
        )
    number.phone_system = phone_system
    return phone_system


def _nothing_free(number_id: UUID | None, area: str) -> Refused:
    if number_id is not None:
        return Refused("8.3", gettext_noop("This number has just been taken. Please choose another one."))
    if area:
        return Refused("8.3", gettext_noop("No number is free in {area} at present."), area=area)
    return Refused("8.3", gettext_noop("No number is free at present."))


def _last_position(phone_system: PhoneSystem) -> int:
    return phone_system.numbers.aggregate(last=Max("position"))["last"] or 0


def _tell(
    phone_system: PhoneSystem, number: PhoneNumber, kind: str, day: date, actor: str, **more: str
) -> None:
    facts = {"number": number.e164, **more}
    tell(phone_system=phone_system, kind=kind, day=day, actor=actor, facts=facts)
