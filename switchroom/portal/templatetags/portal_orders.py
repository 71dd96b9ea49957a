"""What the pages of the store say beyond the wording that all pages share."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.translation import get_language

from switchroom.accounts.countries import countries

register = template.Library()


@register.filter
def negated(amount_minor: int) -> int:
    """This function will turn an amount around: a credit is shown as what it takes off."""
    return -amount_minor


@register.filter
def country_name(code: str) -> str:
    """This function will name a country (ISO 3166 code) in the reader's language."""
    return countries(get_language() or settings.LANGUAGE_CODE).get(code, code)
