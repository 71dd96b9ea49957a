"""What one more endpoint or phone number would cost, for the place where there is no room left (rule 8.2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from switchroom.catalog.models import Licence, LicenceKind
from switchroom.catalog.queries import grants_of, licences_of, version_on_sale
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing.wording import money, quantity, spoken
from switchroom.portal.access import Visit
from switchroom.rules.promise import Grants
from switchroom.rules.upgrades import quantity_covering

ENDPOINTS = "endpoints"
PHONE_NUMBERS = "phone_numbers"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The cheapest way to one more: a quantity of a licence; amounts are minor units a month, net."""

    licence: Licence
    quantity: int
    monthly_minor: int
    is_first_purchase: bool

    @property
    def sentence(self) -> str:
        """The offer in a sentence, in the reader's language."""
        if self.is_first_purchase:
            text = _("Your trial is full. {licence} {count} times covers it all, at {price} a month, net.")
        else:
            text = _("One more: {licence}, {price} a month, net.")
        return text.format(
            licence=spoken(self.licence.name),
            count=quantity(self.quantity),
            price=money(self.monthly_minor, self.licence.currency),
        )


def offer_of_one_more(service: str, *, phone_system: PhoneSystem, used: Grants, who: Visit) -> Offer | None:
    """This function will find the licence that grants one more of a service for the least money a month.

    In a trial nothing is booked yet, so the offer covers all that is ``used`` and the one more. None when no
    licence grants the service.
    """
    subscription = phone_system.subscription
    is_first = subscription.bought_on is None
    version = subscription.product_version
    if is_first:
        version = version_on_sale(product_key=version.product.key, day=who.day)
    one_more = Grants(0, service == ENDPOINTS, service == PHONE_NUMBERS)
    wanted = Grants(0, used.endpoints, used.phone_numbers) + one_more if is_first else one_more
    offers = [
        _covering(licence, wanted, is_first=is_first)
        for licence in licences_of(version)
        if licence.kind == LicenceKind.LICENCE and _covers(grants_of(licence), wanted)
    ]
    return min(offers, key=lambda offer: offer.monthly_minor, default=None)


def _covers(granted: Grants, wanted: Grants) -> bool:
    """Whether some quantity of the licence grants all that is wanted."""
    return (granted.endpoints > 0 or wanted.endpoints == 0) and (
        granted.phone_numbers > 0 or wanted.phone_numbers == 0
    )


def _covering(licence: Licence, wanted: Grants, *, is_first: bool) -> Offer:
    count = quantity_covering(grants_of(licence), wanted)
    return Offer(
        licence=licence,
        quantity=count,
        monthly_minor=count * licence.unit_price_minor,
        is_first_purchase=is_first,
    )
