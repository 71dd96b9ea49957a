"""Port-ins as operators work them off: what is open, the signed order to download, and the next step.

A step goes through the same journeys as a member's wish, which settle, tell and write the letters; nothing
else can be changed here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import structlog
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from switchroom.backoffice.looking_up import Beside, LookUp
from switchroom.journeys import port_in as porting_in
from switchroom.journeys.operators import Act
from switchroom.phonesystems import documents
from switchroom.phonesystems.port_ins import OPEN, DocumentKind, PortIn, PortInNumber, PortInState
from switchroom.phonesystems.porting import LONGEST_REASON, numbers_of
from switchroom.plumbing.wording import phone_number
from switchroom.rules.refusals import Refused

if TYPE_CHECKING:
    from uuid import UUID

CONTENT_TYPES = {
    DocumentKind.PDF: "application/pdf",
    DocumentKind.JPEG: "image/jpeg",
    DocumentKind.PNG: "image/png",
}

log = structlog.get_logger(__name__)


class StepForm(ActionForm):
    """What a step may need: the day that was confirmed, or the reason of a refusal."""

    confirmed_on = forms.CharField(
        required=False, label="Confirmed for:", widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(
        required=False,
        label="Reason, which the member reads:",
        widget=forms.TextInput(attrs={"maxlength": LONGEST_REASON, "size": 30}),
    )


class Standing(admin.SimpleListFilter):
    """Port-ins that are open, or in one state."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, page: object) -> list[tuple[str, str]]:
        """This function will name all that are open together, then each state."""
        return [("open", "all that are open"), *((state.value, str(state.label)) for state in PortInState)]

    def queryset(self, request: HttpRequest, port_ins: QuerySet[PortIn]) -> QuerySet[PortIn]:
        """This function will return the port-ins that were asked for."""
        if self.value() is None:
            return port_ins
        return port_ins.filter(state__in=OPEN if self.value() == "open" else [self.value()])


class NumbersOfPortInBeside(Beside):
    model = PortInNumber
    fields = ("e164", "is_open")


class PortIns(LookUp):
    """The list is what is to be done; the steps stand above it, each for all that are chosen."""

    list_display = (
        "numbers_in_short",
        "account",
        "present_provider",
        "state",
        "signed_order",
        "wished_on",
        "confirmed_on",
    )
    list_display_links = ("numbers_in_short",)
    list_select_related = ("phone_system__account",)
    list_filter = (Standing,)
    search_fields = ("numbers__e164", "present_provider", "holder_name", "phone_system__name")
    inlines = (NumbersOfPortInBeside,)
    fields = (
        "account",
        "phone_system",
        "state",
        "signed_order",
        "present_provider",
        "holder_name",
        "holder_street",
        "holder_postal_code",
        "holder_city",
        "customer_number",
        "wished_on",
        "confirmed_on",
        "reason",
        "asked_at",
        "asked_by",
        "changed_at",
    )
    readonly_fields = ("account", "signed_order")
    action_form = StepForm
    actions = ("hand_in", "confirm", "finish", "refuse")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortIn]:
        """This function will read the numbers along."""
        port_ins: QuerySet[PortIn] = super().get_queryset(request)
        return port_ins.prefetch_related("numbers")

    def get_urls(self) -> list[URLPattern]:
        """This function will add the address of the document."""
        document = path(
            "<uuid:port_in_id>/document/",
            self.admin_site.admin_view(self.document),
            name="phonesystems_portin_document",
        )
        return [document, *super().get_urls()]

    def document(self, request: HttpRequest, port_in_id: UUID) -> HttpResponse:
        """This function will hand over the signed order of a port-in; who took it is in the log."""
        if not self.has_act_permission(request):  # looking is not enough for what a customer has signed
            raise PermissionDenied
        port_in = PortIn.objects.filter(id=port_in_id).first()
        if port_in is None:
            raise Http404
        try:
            content = documents.opened(port_in)
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return redirect("admin:phonesystems_portin_change", port_in_id)
        log.info("backoffice.document_taken", port_in=str(port_in_id), operator=str(request.user))
        name = f"port-in-{port_in.id}.{port_in.document_kind}"
        return HttpResponse(
            content,
            content_type=CONTENT_TYPES[DocumentKind(port_in.document_kind)],
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    @admin.display(description="numbers")
    def numbers_in_short(self, port_in: PortIn) -> str:
        """The first number, and how many more there are."""
        first, *others = numbers_of(port_in)
        return f"{phone_number(first)} and {len(others)} more" if others else phone_number(first)

    @admin.display(ordering="phone_system__account__name")
    def account(self, port_in: PortIn) -> str:
        """Whose it is."""
        return str(port_in.phone_system.account)

    @admin.display(description="signed order")
    def signed_order(self, port_in: PortIn) -> str:
        """The link to the document, as long as it is kept."""
        if not port_in.document:
            return "erased"
        address = reverse("admin:phonesystems_portin_document", args=[port_in.id])
        kind, kilobytes = port_in.get_document_kind_display(), -(-port_in.document_size // 1000)
        return format_html('<a href="{}">{}, {} kB</a>', address, kind, kilobytes)

    @admin.action(description="Handed in to the present provider", permissions=["act"])
    def hand_in(self, request: HttpRequest, port_ins: QuerySet[PortIn]) -> None:
        """This function will note that the present provider was asked."""
        self._each(request, port_ins, "handed in", porting_in.hand_in)

    @admin.action(description="Confirmed for the day given at the right", permissions=["act"])
    def confirm(self, request: HttpRequest, port_ins: QuerySet[PortIn]) -> None:
        """This function will note the day for which the present provider has confirmed."""
        try:
            on = date.fromisoformat(request.POST.get("confirmed_on", ""))
        except ValueError:
            self.message_user(request, "Please give the confirmed day beside the action.", messages.ERROR)
            return
        self._each(request, port_ins, "confirmed", porting_in.confirm, on=on)

    @admin.action(description="Done: the numbers are with us", permissions=["act"])
    def finish(self, request: HttpRequest, port_ins: QuerySet[PortIn]) -> None:
        """This function will give the numbers to their phone systems."""
        self._each(request, port_ins, "done", porting_in.finish)

    @admin.action(description="Refuse for the reason given at the right", permissions=["act"])
    def refuse(self, request: HttpRequest, port_ins: QuerySet[PortIn]) -> None:
        """This function will end port-ins for a reason that the member reads."""
        reason = request.POST.get("reason", "")
        if not reason.strip():
            self.message_user(request, "Please give the reason beside the action.", messages.ERROR)
            return
        self._each(request, port_ins, "refused", porting_in.refuse, reason=reason)

    def _each(
        self,
        request: HttpRequest,
        port_ins: QuerySet[PortIn],
        word: str,
        step: Callable[..., PortIn],
        **more: Any,
    ) -> None:
        def act(who: Act, port_in: PortIn) -> str:
            step(who, port_in_id=port_in.id, **more)
            return f"{word}."

        self.act_on_each(
            request,
            port_ins,
            act,
            named=lambda port_in: f"{self.account(port_in)}, {self.numbers_in_short(port_in)}",
            gone="its phone system was deleted.",
        )
