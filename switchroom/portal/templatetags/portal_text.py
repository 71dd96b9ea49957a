"""How the portal writes money, days, months, counts and refusals in the reader's language.

The wording is that of ``plumbing.wording``, the same as in letters; what only pages need is added here.
"""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.translation import ngettext

from switchroom.plumbing.templatetags.wording import register as wording
from switchroom.plumbing.wording import quantity

register = template.Library()
register.filters.update(wording.filters)


@register.filter
def counted(number: int, noun: str) -> str:
    """This function will write a number with its noun: ``{{ 3|counted:"endpoints" }}`` is ``3 endpoints``.

    Nouns: ``trunk_lines``, ``endpoints``, ``phone_numbers``, ``licences``, ``days``, ``months``. Raises
    ``KeyError`` for others.
    """
    sentences = {
        "trunk_lines": ngettext("{n} trunk line", "{n} trunk lines", number),
        "endpoints": ngettext("{n} endpoint", "{n} endpoints", number),
        "phone_numbers": ngettext("{n} phone number", "{n} phone numbers", number),
        "licences": ngettext("{n} licence", "{n} licences", number),
        "days": ngettext("{n} day", "{n} days", number),
        "months": ngettext("{n} month", "{n} months", number),
    }
    return sentences[noun].format(n=quantity(number))


@register.simple_tag
def provider_name() -> str:
    """This function will name the provider whose portal this is."""
    return str(settings.INSTALLATION.provider_name)
