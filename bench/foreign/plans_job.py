"""django-plans' nearest job: renewing each user's plan by an order with its invoice. Letters are off."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bench._steps import step
from bench.foreign._job import make_ready

APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sites",
    "django.contrib.sessions",
    "ordered_model",
    "sequences",
    "plans",
]
ISSUER = {
    "issuer_name": "Muster Telecom GmbH",
    "issuer_street": "Lindenallee 1",
    "issuer_zipcode": "10115",
    "issuer_city": "Berlin",
    "issuer_country": "DE",
    "issuer_tax_number": "DE123456788",
}


class FlatTax:
    """German VAT for everybody: nobody is asked on the network, as their own policy would."""

    @classmethod
    def get_tax_rate(cls, _tax_id: str, _country_code: str, _request: object = None) -> tuple[Decimal, bool]:
        """This function will give the rate in per cent, and that it is certain."""
        return Decimal(19), True


def job(database_url: str, users: str) -> Callable[[], dict[str, Any]]:
    """This function will make the users ready and give what renews their plans."""
    make_ready(
        database_url,
        APPS,
        SITE_ID=1,
        PLANS_CURRENCY="EUR",
        PLANS_TAXATION_POLICY="bench.foreign.plans_job.FlatTax",
        PLANS_INVOICE_ISSUER=ISSUER,
        PLANS_AUTORENEW_SCHEDULE=[timedelta(0)],
        SEND_PLANS_EMAILS=False,
        PLANS_SEND_EMAILS_DISABLED_INVOICE_TYPES=[1, 3],
    )
    from plans.models import Invoice  # type: ignore[import-not-found]  # theirs
    from plans.signals import account_automatic_renewal  # type: ignore[import-not-found]  # theirs
    from plans.tasks import autorenew_account  # type: ignore[import-not-found]  # theirs

    _subscribed(int(users))
    account_automatic_renewal.connect(_renew)

    def work() -> dict[str, Any]:
        autorenew_account()
        return {"invoices": Invoice.invoices.count()}

    return work


def _renew(sender: object, user: Any, **_: object) -> None:
    user.userplan.recurring.create_renew_order().complete_order()


def _subscribed(users: int) -> None:
    from django.contrib.auth.models import User
    from django.utils.timezone import localdate
    from plans.models import BillingInfo, Plan, PlanPricing, Pricing, RecurringUserPlan, UserPlan

    plan = Plan.objects.create(name="Phones", available=True, visible=True)
    pricing = Pricing.objects.create(name="Month", period=30)
    PlanPricing.objects.create(plan=plan, pricing=pricing, price=Decimal("99.00"))
    address = {"street": "Lindenallee 1", "zipcode": "10115", "city": "Berlin", "country": "DE"}
    for place in range(users):
        user = User.objects.create(username=f"user-{place}", email=f"user-{place}@example.com")
        renewed = UserPlan.objects.create(user=user, plan=plan, expire=localdate(), active=True)
        BillingInfo.objects.create(user=user, name=f"Muster {place} GmbH", **address)
        RecurringUserPlan.objects.create(
            user_plan=renewed,
            pricing=pricing,
            amount=Decimal("99.00"),
            tax=Decimal(19),
            currency="EUR",
            renewal_triggered_by=RecurringUserPlan.RENEWAL_TRIGGERED_BY.TASK,
            token_verified=True,
        )


if __name__ == "__main__":
    step(lambda: job(*sys.argv[1:]))
