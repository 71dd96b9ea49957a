"""Reads the JSON of one life, strictly: what is not understood is refused, never guessed.

A refusal of the input (``BadInput``) names the place in the document, such as ``events[3].upgrade.one``, and
what was expected there. It is not a refusal by the business: a wish that the rules do not grant is a part of
the life.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any

import msgspec

from switchroom.catalog.file import parse_catalogue, shipped_catalogue
from switchroom.rules.money import minor_from_text
from switchroom.rules.promise import Grants, Policy, ReductionInTerm
from switchroom.rules.terms import LONGEST_TERM_MONTHS

DEFAULT_ZONE = "Europe/Berlin"
DEFAULT_VAT_RATE = "19"
FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)
LONGEST_DAYS = 36_500
LARGEST_NUMBER = 10**15
"""No business rule: beyond it a number is a slip of the keyboard, and its products no longer fit anywhere."""

_SERVICES = ("trunk_lines", "endpoints", "phone_numbers")
_DAY_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_RATE_TEXT = re.compile(r"(0|[1-9][0-9]?|100)(\.[0-9]{1,6})?\Z")
_LONGEST_PRICE_TEXT = 18


class Verb(StrEnum):
    """What a member may wish in a life."""

    TRIAL = "trial"
    UPGRADE = "upgrade"
    REDUCE = "reduce"
    CANCEL = "cancel"
    WITHDRAW_CANCELLATION = "withdraw_cancellation"
    WITHDRAW_REDUCTION = "withdraw_reduction"


class Licence(msgspec.Struct, frozen=True):
    """What one piece costs net a month, in minor units, and what it grants."""

    unit_price_minor: int
    grants: Grants


class Product(msgspec.Struct, frozen=True):
    """What is sold in a life, licence key → licence, and on which terms."""

    licences: Mapping[str, Licence]
    trial_grants: Grants
    policy: Policy


class Event(msgspec.Struct, frozen=True):
    """A wish on a day. ``quantities`` (licence → number): what an upgrade adds or a reduction leaves."""

    on: date
    verb: Verb
    quantities: Mapping[str, int] = {}
    at_once: bool = False


class Life(msgspec.Struct, frozen=True):
    """One input file. ``until`` is the last day that is lived; ``vat_rate`` a share of the net amount."""

    product: Product
    vat_rate: Fraction
    events: tuple[Event, ...]
    until: date


class BadInput(Exception):
    """Input that cannot be understood: the place in the document and what was expected there."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: {expected}" if path else expected)
        self.path = path


class _RepeatedKey:
    """Stands for a JSON object that says one key twice."""

    def __init__(self, key: str) -> None:
        self.key = key


def read_life(content: bytes) -> Life:
    """This function will read the content of one input file (UTF-8 JSON); raises ``BadInput``."""
    document = _object(_decoded(content), "")
    _refuse_unknown(document, "", ("name", "product", "timezone", "vat_rate", "events", "until"))
    _text(document.get("name", ""), "name")
    product = _product(_needed(document, "", "product", 'a product: "ONE" or an object'))
    _check_zone(document.get("timezone", DEFAULT_ZONE))
    return Life(
        product=product,
        vat_rate=_vat_rate(document.get("vat_rate", DEFAULT_VAT_RATE)),
        events=_events(_needed(document, "", "events", "a list of events"), product.licences),
        until=_day(_needed(document, "", "until", "a day"), "until"),
    )


@cache
def shipped_product() -> Product:
    """This function will give product ONE as the shipped catalogue sells it."""
    spec = parse_catalogue(shipped_catalogue())
    return Product(
        licences={one.key: Licence(one.unit_price_minor, one.grants) for one in spec.licences},
        trial_grants=spec.trial_grants,
        policy=spec.policy,
    )


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_pairs, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise BadInput(
            "", f"line {error.lineno}, column {error.colno}: expected JSON ({error.msg})"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput("", f"byte {error.start + 1}: expected text in UTF-8") from error
    except ValueError as error:
        raise BadInput("", "expected whole numbers of a length that can be read") from error
    except RecursionError as error:
        raise BadInput("", "expected JSON that is not nested as deeply as this") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _RepeatedKey:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            return _RepeatedKey(key)
        seen[key] = value
    return seen


def _refuse_constant(written: str) -> None:
    raise BadInput("", f"expected JSON, which has no {written}")


def _product(value: Any) -> Product:
    shipped = shipped_product()
    if value == "ONE":
        return shipped
    if isinstance(value, str):
        raise BadInput("product", f'expected "ONE" or an object, found {_shown(value)}')
    changes = _object(value, "product")
    lengths = {
        "trial_days": LONGEST_DAYS,
        "trial_grace_days": LONGEST_DAYS,
        "term_months": LONGEST_TERM_MONTHS,
        "retention_days": LONGEST_DAYS,
    }
    _refuse_unknown(changes, "product", ("licences", "trial_grants", "reduction_in_term", *lengths))
    terms: dict[str, Any] = {
        key: _whole_number(changes[key], f"product.{key}", least=0, most=most)
        for key, most in lengths.items()
        if key in changes
    }
    if "reduction_in_term" in changes:
        terms["reduction_in_term"] = _reduction_in_term(changes["reduction_in_term"])
    licences, grants = changes.get("licences"), changes.get("trial_grants")
    return Product(
        licences=_licences(licences) if "licences" in changes else shipped.licences,
        trial_grants=_grants(grants, "product.trial_grants")
        if "trial_grants" in changes
        else shipped.trial_grants,
        policy=msgspec.structs.replace(shipped.policy, **terms),
    )


def _reduction_in_term(value: Any) -> ReductionInTerm:
    allowed = [policy.value for policy in ReductionInTerm]
    if value not in allowed:
        expected = " or ".join(f'"{one}"' for one in allowed)
        raise BadInput("product.reduction_in_term", f"expected {expected}, found {_shown(value)}")
    return ReductionInTerm(value)


def _licences(value: Any) -> dict[str, Licence]:
    path = "product.licences"
    licences = {}
    for key, terms in _object(value, path).items():
        one = _object(terms, f"{path}.{key}")
        _refuse_unknown(one, f"{path}.{key}", ("unit_price", "grants"))
        price = _needed(one, f"{path}.{key}", "unit_price", 'a price such as "15.00"')
        grants = _needed(one, f"{path}.{key}", "grants", "an object of services")
        licences[key] = Licence(
            _price_minor(price, f"{path}.{key}.unit_price"), _grants(grants, f"{path}.{key}.grants")
        )
    if not licences:
        raise BadInput(path, "expected at least one licence")
    return licences


def _price_minor(value: Any, path: str) -> int:
    expected = 'expected a price as text, such as "15.00", with at most two decimals'
    if not isinstance(value, str) or len(value) > _LONGEST_PRICE_TEXT:
        raise BadInput(path, f"{expected}, found {_shown(value)}")
    try:
        return minor_from_text(value)
    except ValueError:
        raise BadInput(path, f"{expected}, found {_shown(value)}") from None


def _grants(value: Any, path: str) -> Grants:
    quantities = _object(value, path)
    _refuse_unknown(quantities, path, _SERVICES)
    return Grants(**{key: _whole_number(one, f"{path}.{key}", least=0) for key, one in quantities.items()})


def _vat_rate(value: Any) -> Fraction:
    if not isinstance(value, str) or not _RATE_TEXT.match(value) or Fraction(value) > 100:
        raise BadInput(
            "vat_rate", f'expected a percentage as text, such as "19" or "8.1", found {_shown(value)}'
        )
    return Fraction(value) / 100


def _check_zone(value: Any) -> None:
    """A life is written in local days, so the zone decides nothing in it; but a misspelt one is a slip."""
    if value == DEFAULT_ZONE:
        return
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(_text(value, "timezone"))
    except (KeyError, ValueError, OSError) as error:
        raise BadInput(
            "timezone", f'expected a known time zone such as "Europe/Berlin", found {_shown(value)}'
        ) from error


def _events(value: Any, licences: Collection[str]) -> tuple[Event, ...]:
    if not isinstance(value, list):
        raise BadInput("events", f"expected a list of events, found {_shown(value)}")
    events: list[Event] = []
    for number, one in enumerate(value):
        event = _event(one, f"events[{number}]", licences)
        if events and event.on < events[-1].on:
            raise BadInput(
                f"events[{number}].on",
                f"expected {events[-1].on} or later, in order of time, found {event.on}",
            )
        events.append(event)
    return tuple(events)


def _event(value: Any, path: str, licences: Collection[str]) -> Event:
    event = _object(value, path)
    verbs = [verb.value for verb in Verb]
    _refuse_unknown(event, path, ("on", *verbs))
    on = _day(_needed(event, path, "on", "a day"), f"{path}.on")
    named = [verb for verb in Verb if verb.value in event]
    if len(named) != 1:
        raise BadInput(path, f"expected exactly one of {', '.join(verbs)}, found {len(named)}")
    verb = named[0]
    path = f"{path}.{verb.value}"
    wish = _object(event[verb.value], path)
    if verb is Verb.UPGRADE:
        quantities = _quantities(wish, path, licences, least=1)
        if not quantities:
            raise BadInput(path, "expected at least one licence")
        return Event(on, verb, quantities)
    if verb is Verb.REDUCE:
        return Event(on, verb, _quantities(wish, path, licences, least=0))
    if verb is Verb.CANCEL:
        return Event(on, verb, at_once=_is_at_once(wish, path))
    _refuse_unknown(wish, path, ())
    return Event(on, verb)


def _quantities(wish: dict[str, Any], path: str, licences: Collection[str], *, least: int) -> dict[str, int]:
    _refuse_unknown(wish, path, licences)
    return {key: _whole_number(one, f"{path}.{key}", least=least) for key, one in wish.items()}


def _is_at_once(wish: dict[str, Any], path: str) -> bool:
    _refuse_unknown(wish, path, ("at",))
    if "at" in wish and wish["at"] != "once":
        raise BadInput(f"{path}.at", f'expected "once", found {_shown(wish["at"])}')
    return "at" in wish


def _object(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, _RepeatedKey):
        raise BadInput(f"{path}.{value.key}" if path else value.key, "expected each key once, found it again")
    if not isinstance(value, dict):
        raise BadInput(path, f"expected an object, found {_shown(value)}")
    return value


def _needed(holder: dict[str, Any], path: str, key: str, expected: str) -> Any:
    if key not in holder:
        raise BadInput(f"{path}.{key}" if path else key, f"expected {expected}, found nothing")
    return holder[key]


def _refuse_unknown(holder: dict[str, Any], path: str, known: Collection[str]) -> None:
    for key in holder:
        if key not in known:
            expected = f"one of {', '.join(known)}" if known else "nothing here"
            raise BadInput(f"{path}.{key}" if path else key, f"expected {expected}, found a key unknown here")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise BadInput(path, f"expected text, found {_shown(value)}")
    return value


def _whole_number(value: Any, path: str, *, least: int, most: int = LARGEST_NUMBER) -> int:
    if type(value) is not int or not least <= value <= most:
        bounds = f"of at least {least}" if most == LARGEST_NUMBER else f"from {least} to {most}"
        if type(value) is int and value > most == LARGEST_NUMBER:
            bounds = f"of at most {most}"
        raise BadInput(path, f"expected a whole number {bounds}, found {_shown(value)}")
    return value


def _day(value: Any, path: str) -> date:
    if isinstance(value, str) and _DAY_TEXT.match(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise BadInput(path, f"expected a day of the calendar, found {_shown(value)}") from None
        if FIRST_DAY <= day <= LAST_DAY:
            return day
        raise BadInput(path, f"expected a day from {FIRST_DAY} to {LAST_DAY}, found {_shown(value)}")
    raise BadInput(path, f"expected a day such as 2026-06-01, found {_shown(value)}")


def _shown(value: Any) -> str:
    """This function will write a value as the document has it, shortened."""
    if isinstance(value, _RepeatedKey | dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    written = json.dumps(value)
    return written if len(written) <= 40 else f"{written[:36]} ..."
