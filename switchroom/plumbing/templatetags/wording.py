"""The wording of money, days and numbers as template filters: ``{% load wording %}``."""

from __future__ import annotations

from django import template

from switchroom.plumbing import wording

register = template.Library()

for word in (
    wording.money,
    wording.signed_money,
    wording.long_day,
    wording.short_day,
    wording.long_instant,
    wording.month_name,
    wording.month_short,
    wording.quantity,
    wording.phone_number,
    wording.percent,
    wording.spoken,
    wording.refusal,
):
    register.filter(word.__name__, word)
