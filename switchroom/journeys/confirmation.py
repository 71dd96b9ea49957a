"""The confirmation of a cancellation as a text to keep: what was cancelled, when it came in, when it takes
effect (§ 312k BGB, rule 7.4).
"""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string

from switchroom.accounts.queries import billing_address_of
from switchroom.journeys.letters import ONE_DAY
from switchroom.rules.lifecycle import deleted_on
from switchroom.subscriptions.models import Cancellation
from switchroom.subscriptions.promises import fresh, promise_of


def cancellation_confirmation(cancellation: Cancellation) -> str:
    """This function will write the confirmation of a cancellation as plain text, in the active language.

    A cancellation that was withdrawn is confirmed as such. The same facts give the same text on any day.
    """
    subscription = fresh(cancellation.subscription_id)
    is_withdrawn = cancellation.withdrawn_on is not None
    text = render_to_string(
        "confirmation/cancellation.txt",
        {
            "provider_name": settings.INSTALLATION.provider_name,
            "provider_address": settings.INSTALLATION.provider_address,
            "account": subscription.account,
            "address": billing_address_of(subscription.account_id),
            "subscription": subscription,
            "product": subscription.product_version.product.name,
            "cancellation": cancellation,
            "entered_by": cancellation.entered_by,
            "at_once": cancellation.ends_on == cancellation.entered_on,
            "last_on": cancellation.ends_on - ONE_DAY,
            "deleted_on": None if is_withdrawn else deleted_on(promise_of(subscription)),
        },
    )
    return text.strip() + "\n"
