"""The icons of the portal, drawn into the page.

They are strokes on a 24-unit square, one file each in ``static/portal/icons``; drawn inline they take the
colour of the text beside them and need no request of their own.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

FOLDER = Path(__file__).resolve().parent.parent / "static" / "portal" / "icons"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def strokes(name: str) -> SafeString:
    """This function will return what an icon's file draws.

    Raises ``TemplateSyntaxError`` for an unknown name.
    """
    file = FOLDER / f"{name}.svg"
    if not _NAME.match(name) or not file.is_file():
        raise template.TemplateSyntaxError(f"There is no icon {name!r} in {FOLDER.name}/.")
    drawing = _DRAWING.search(file.read_text(encoding="utf-8"))
    if drawing is None:
        raise template.TemplateSyntaxError(f"The icon {name!r} is not an SVG.")
    return mark_safe(re.sub(r"\s+", " ", drawing[1]).strip())  # noqa: S308  # our own file, never a member's


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """This function will draw an icon: decoration, or with a ``label`` a picture that speaks for itself."""
    voice = (
        format_html(' role="img" aria-label="{}"', label)
        if label
        else format_html(' aria-hidden="{}"', "true")
    )
    return format_html(
        '<svg class="icon" width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" focusable="false"{}>{}</svg>',
        voice,
        strokes(name),
    )
