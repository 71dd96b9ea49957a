"""How we write money, days, instants, months, numbers and refusals in the reader's language.

One place for pages, letters and documents: days are written out, money always carries its currency, every
number is grouped and pointed as the language does it. The language is the one that is active
(``translation.override``). Amounts come as minor units (cents) or as ``Money``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.utils.translation import get_language, gettext, to_locale

from switchroom.rules.money import MINOR_PER_MAJOR, Money
from switchroom.rules.periods import Month
from switchroom.rules.refusals import Refused

# British day and month order in English; the language alone decides everything else.
_LOCALES = {"en": "en_GB", "de": "de_DE"}
# A space that never breaks before the currency, and a real minus sign before the number.
_MONEY = "#,##0.00\u00a0\u00a4;\u2212#,##0.00\u00a0\u00a4"


def locale() -> str:
    """This function will return babel's name of the language that is active."""
    language = get_language() or settings.LANGUAGE_CODE
    return _LOCALES.get(language, to_locale(language))


def money(amount: Money | int, currency: str = "") -> str:
    """This function will write an amount with its currency: ``1,234.56 €`` or ``1.234,56 €``.

    ``amount`` is ``Money``, or minor units of ``currency`` (by default the provider's).
    """
    if isinstance(amount, int):
        amount = Money(amount, currency or settings.INSTALLATION.currency)
    major = Decimal(amount.minor) / MINOR_PER_MAJOR
    return format_currency(major, amount.currency, format=_MONEY, locale=locale(), currency_digits=False)


def signed_money(amount: Money | int, currency: str = "") -> str:
    """This function will write an amount as a change, with + or −: ``+60.00 €``."""
    written = money(amount, currency)
    positive = amount > 0 if isinstance(amount, int) else amount.minor > 0
    return f"+{written}" if positive else written


def long_day(day: date) -> str:
    """This function will write a day out: ``16 June 2026`` or ``16. Juni 2026``."""
    return str(format_date(day, "long", locale=locale()))


def short_day(day: date) -> str:
    """This function will write a day without its year: ``16 June`` or ``16. Juni``."""
    return str(format_date(day, "d. MMMM" if locale().startswith("de") else "d MMMM", locale=locale()))


def long_instant(at: datetime) -> str:
    """This function will write an instant in the provider's zone: ``16 June 2026 at 14:05``."""
    local = at.astimezone(ZoneInfo(settings.INSTALLATION.time_zone))
    return str(format_datetime(local, _instant_pattern(), locale=locale()))


def _instant_pattern() -> str:
    return "d. MMMM y 'um' HH:mm 'Uhr'" if locale().startswith("de") else "d MMMM y 'at' HH:mm"


def month_name(month: Month | date) -> str:
    """This function will write a month: ``June 2026`` or ``Juni 2026``."""
    return str(format_date(_day_in(month), "LLLL y", locale=locale()))


def month_short(month: Month | date) -> str:
    """This function will write a month in three letters, for the axis of a chart: ``Jun``."""
    return str(format_date(_day_in(month), "LLL", locale=locale())).rstrip(".")


def _day_in(month: Month | date) -> date:
    return month if isinstance(month, date) else month.first_on


def quantity(number: int) -> str:
    """This function will write a whole number as the language groups it: ``1,234`` or ``1.234``."""
    return str(format_decimal(number, locale=locale()))


def phone_number(e164: str) -> str:
    """This function will write a number of the form +493023125000 with the spaces that people read by."""
    parsed = phonenumbers.parse(e164)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def percent(rate: Fraction | int) -> str:
    """This function will write a rate, a share or hundredths of a percent: ``19 %`` or ``8,1 %``."""
    exact = rate * 100 if isinstance(rate, Fraction) else Fraction(rate, 100)
    in_decimals = Decimal(exact.numerator) / exact.denominator
    return f"{format_decimal(in_decimals, locale=locale())}\u00a0%"


def spoken(texts: Mapping[str, str]) -> str:
    """This function will choose a catalogue text (language code to text) for the active language."""
    language = get_language() or settings.LANGUAGE_CODE
    return texts.get(language) or texts[settings.LANGUAGE_CODE]


def refusal(refused: Refused) -> str:
    """This function will say a refusal in the reader's language, its days, amounts and numbers too."""
    written = {name: _in_words(value) for name, value in refused.params.items()}
    return gettext(refused.text).format(**written)


def _in_words(value: date | Money | int | str) -> str:
    if isinstance(value, date):
        return long_day(value)
    if isinstance(value, Money):
        return money(value)
    return quantity(value) if isinstance(value, int) else gettext(value)
