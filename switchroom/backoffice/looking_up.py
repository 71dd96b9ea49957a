"""Looking up in the stock admin: everything can be found, nothing can be changed there.

What changes goes through journeys, which lock, settle, tell and bill; a row changed by hand would do none of
that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest

from switchroom.journeys.operators import Act
from switchroom.plumbing import clock
from switchroom.plumbing.wording import money
from switchroom.rules.refusals import Refused
from switchroom.subscriptions.facts import Contradiction

if TYPE_CHECKING:  # Django's own classes take no parameters
    _Page = admin.ModelAdmin[Any]
    _Table = admin.TabularInline[Any, Any]
else:
    _Page = admin.ModelAdmin
    _Table = admin.TabularInline


M = TypeVar("M", bound=Model)


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

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Looking is not enough for what an operator does by way of a journey."""
        right = f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}"
        return bool(request.user.is_active and request.user.has_perm(right))

    def act_on_each(
        self,
        request: HttpRequest,
        rows: Iterable[M],
        act: Callable[[Act, M], str],
        *,
        named: Callable[[M], str],
        gone: str,
    ) -> None:
        """This function will act on each row in a transaction of its own, and say what came of it: what
        ``act`` returns, the reason why it cannot be done, or that the row is ``gone``.
        """
        at = clock.now()
        who = Act(str(request.user), clock.local_day(at), at)
        for row in rows:
            try:
                said, level = act(who, row), messages.SUCCESS
            except ObjectDoesNotExist:
                said, level = gone, messages.WARNING
            except (Refused, Contradiction) as reason:
                said, level = str(reason), messages.WARNING
            self.message_user(request, f"{named(row)}: {said}", level)


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
