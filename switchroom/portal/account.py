"""The account: the company, its number, its billing address and how it pays."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from switchroom.accounts.billing_address import FIELDS, BillingAddressRefused, set_billing_address
from switchroom.accounts.policy import Capability
from switchroom.portal.access import visit
from switchroom.portal.address_fields import address_fields, address_of, as_typed, starting_address
from switchroom.rules.refusals import Refused

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """This function will show the account, and keep its billing address for whoever may change it."""
    posted = request.method == "POST"
    who = visit(request, Capability.MANAGE_BILLING if posted else Capability.SEE_BILLING)
    address = address_of(who.account)
    typed = as_typed(address) if address else starting_address(who.account, who.user)
    errors: Mapping[str, Refused] = {}
    if posted:
        typed = {name: request.POST.get(name, "") for name in FIELDS}
        try:
            set_billing_address(member=who.member, typed=typed, day=who.day)
        except BillingAddressRefused as refused:
            errors = refused.errors
        else:
            sentence = _("The billing address is saved. Invoices that were issued keep the one they had.")
            messages.success(request, sentence)
            return redirect("portal:account")
    context = {
        "visit": who,
        "address": address,
        "fields": address_fields(typed, errors),
        "errors": errors,
        "may_change": who.can(Capability.MANAGE_BILLING),
        "payment_days": settings.INSTALLATION.payment_days,
    }
    return render(request, "portal/account/account.html", context, status=REFUSED if errors else 200)
