"""Phone systems as operators see them: what they work by and what is set up, and barring calls (rule 9.1).

A bar goes through a journey that checks what the law asks for, tells and writes the letters; nothing else can
be changed here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from switchroom.backoffice.looking_up import Beside, LookUp
from switchroom.journeys import barring
from switchroom.journeys.operators import Act
from switchroom.phonesystems.models import Endpoint, PhoneNumber, PhoneSystem
from switchroom.rules.barring import Overdue
from switchroom.rules.money import Money, minor_from_text


class OverdueForm(ActionForm):
    """What a bar is for."""

    overdue = forms.CharField(
        required=False,
        label="Overdue and not disputed:",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "123.45", "size": 10}),
    )
    warned_on = forms.CharField(
        required=False, label="Warned in writing on:", widget=forms.DateInput(attrs={"type": "date"})
    )


class EndpointsBeside(Beside):
    model = Endpoint
    fields = ("position", "name", "extension", "sip_user", "created_at")


class NumbersBeside(Beside):
    model = PhoneNumber
    fields = ("position", "e164", "area", "is_live")


class PhoneSystems(LookUp):
    """The list, and above it what can be done about bills that are not paid."""

    list_display = (
        "name",
        "account",
        "sip_label",
        "is_on",
        "barring",
        "barred_on",
        "trunk_lines",
        "endpoint_limit",
        "number_limit",
        "revision",
        "edge_revision",
    )
    list_select_related = ("account",)
    list_filter = ("is_on", "barring")
    search_fields = ("name", "sip_label", "account__name", "account__number")
    inlines = (EndpointsBeside, NumbersBeside)
    action_form = OverdueForm
    actions = ("bar_outgoing", "bar_all", "lift")

    @admin.action(description="Bar outgoing calls for what is given at the right", permissions=["act"])
    def bar_outgoing(self, request: HttpRequest, phone_systems: QuerySet[PhoneSystem]) -> None:
        """This function will bar calls to the outside."""
        self._bar(request, phone_systems, barring.bar_outgoing, "outgoing calls are barred")

    @admin.action(description="Bar all calls for what is given at the right", permissions=["act"])
    def bar_all(self, request: HttpRequest, phone_systems: QuerySet[PhoneSystem]) -> None:
        """This function will bar all calls, a week after those to the outside."""
        self._bar(request, phone_systems, barring.bar_all, "all calls are barred")

    @admin.action(description="Paid: bar nothing any longer", permissions=["act"])
    def lift(self, request: HttpRequest, phone_systems: QuerySet[PhoneSystem]) -> None:
        """This function will let all calls through again."""
        self._each(request, phone_systems, barring.lift, "nothing is barred")

    def _bar(
        self,
        request: HttpRequest,
        phone_systems: QuerySet[PhoneSystem],
        step: Callable[..., bool],
        so_it_is: str,
    ) -> None:
        try:
            overdue = _overdue(request)
        except ValueError:
            self.message_user(
                request,
                "Please give beside the action what is overdue, such as 123.45, and the day of the warning.",
                messages.ERROR,
            )
            return
        self._each(request, phone_systems, partial(step, overdue=overdue), so_it_is)

    def _each(
        self,
        request: HttpRequest,
        phone_systems: QuerySet[PhoneSystem],
        step: Callable[..., bool],
        so_it_is: str,
    ) -> None:
        def act(who: Act, phone_system: PhoneSystem) -> str:
            changed = step(who, phone_system_id=phone_system.id)
            return f"{so_it_is} {'from now on' if changed else 'already'}."

        self.act_on_each(
            request,
            phone_systems.select_related("account"),
            act,
            named=lambda one: f"{one.name}, {one.account}",
            gone="it was deleted.",
        )


def _overdue(request: HttpRequest) -> Overdue:
    """Raises ValueError for what is no amount or no day."""
    minor = minor_from_text(request.POST.get("overdue", "").strip())
    warned_on = date.fromisoformat(request.POST.get("warned_on", ""))
    return Overdue(Money(minor, settings.INSTALLATION.currency), warned_on)
