"""Looking up in the stock admin: everything can be found, nothing can be changed there.

What changes goes through journeys, which lock, settle, tell and bill; a row changed by hand would do none of
that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from switchroom.plumbing.wording import money

if TYPE_CHECKING:  # Django's own classes take no parameters
    _Page = admin.ModelAdmin[Any]
    _Table = admin.TabularInline[Any, Any]
else:
    _Page = admin.ModelAdmin
    _Table = admin.TabularInline


class LookUp(_Page):
    """A page of rows to search, filter and read."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from journeys alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows are read here, never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows are never deleted by hand."""
        return False


class Beside(_Table):
    """Rows that belong to the one that is shown, to be read beside it."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows come from journeys alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows are read here, never changed."""
        return False


def amount(minor: int | None, currency: str = "") -> str:
    """This function will write minor units for a list; a dash where there is none."""
    return "–" if minor is None else money(minor, currency)
