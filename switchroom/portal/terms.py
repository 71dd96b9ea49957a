"""The terms on which the provider sells, on one page that everybody may read."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from switchroom.catalog.queries import version_on_sale
from switchroom.journeys.start_trial import SHIPPED_PRODUCT
from switchroom.plumbing import clock
from switchroom.rules.promise import ReductionInTerm


@require_safe
@login_not_required
def terms(request: HttpRequest) -> HttpResponse:
    """This function will show the terms of the version that is on sale today."""
    version = version_on_sale(product_key=SHIPPED_PRODUCT, day=clock.today())
    context = {
        "version": version,
        "installation": settings.INSTALLATION,
        "can_schedule": version.reduction_in_term == ReductionInTerm.SCHEDULED,
    }
    return render(request, "portal/orders/terms.html", context)
