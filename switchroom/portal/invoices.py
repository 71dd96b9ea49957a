"""Invoices: the list, and one as a page that reads and prints like the document it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from switchroom.accounts.countries import countries
from switchroom.accounts.policy import Capability
from switchroom.billing.models import Invoice
from switchroom.billing.queries import invoice_of, invoices_of
from switchroom.portal.access import visit, visit_to
from switchroom.portal.bill_lines import groups_of
from switchroom.portal.explaining import orders_of

ON_A_PAGE = 50
IN_GROUPS_OF = 4


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Whom a document is for, as it was when it was issued: the lines of the address, number, VAT id."""

    lines: tuple[str, ...]
    number: str
    vat_id: str


@require_safe
def invoices(request: HttpRequest) -> HttpResponse:
    """This function will list the account's documents, newest first, fifty a page."""
    who = visit(request, Capability.SEE_BILLING)
    page = Paginator(invoices_of(who.account.id), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "portal/invoices/list.html", {"page": page, "day": who.day})


@require_safe
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """This function will show one document; one of a foreign account answers 404."""
    account_id = Invoice.objects.filter(id=invoice_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise Http404
    visit_to(request, account_id, Capability.SEE_BILLING)
    document = invoice_of(account_id, invoice_id)
    orders = orders_of(line.item for line in document.lines.all())
    installation = settings.INSTALLATION
    return render(
        request,
        "portal/invoices/one.html",
        {
            "invoice": document,
            "groups": groups_of(document, orders=orders),
            "addressee": _addressee(document.addressee),
            "provider_address": installation.provider_address.splitlines(),
            "provider_vat_id": installation.provider_vat_id,
            "iban": _in_groups(installation.provider_iban),
        },
    )


def _addressee(written: dict[str, str]) -> Addressee:
    country = written.get("country", "")
    named = countries(get_language() or settings.LANGUAGE_CODE).get(country, country)
    lines = (
        written.get("company") or written["name"],
        written.get("street", ""),
        f"{written.get('postal_code', '')} {written.get('city', '')}".strip(),
        "" if country == settings.INSTALLATION.country else named,
    )
    return Addressee(
        lines=tuple(line for line in lines if line),
        number=written["number"],
        vat_id=written.get("vat_id", ""),
    )


def _in_groups(iban: str) -> str:
    groups = (iban[start : start + IN_GROUPS_OF] for start in range(0, len(iban), IN_GROUPS_OF))
    return "\u00a0".join(groups)
