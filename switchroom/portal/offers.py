"""What one more of a service would cost, for the place where there is no room left (rules 8.1 and 8.2)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from switchroom.catalog.models import Licence, LicenceKind, ProductVersion
from switchroom.catalog.queries import grants_of, licences_of, version_on_sale
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing.wording import money, quantity, spoken
from switchroom.portal.access import Visit
from switchroom.rules.promise import Grants
from switchroom.rules.upgrades import quantity_covering

TRUNK_LINES = "trunk_lines"
ENDPOINTS = "endpoints"
PHONE_NUMBERS = "phone_numbers"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The cheapest way to so many more: a quantity of a licence; amounts are minor units a month, net."""

    licence: Licence
    quantity: int
    monthly_minor: int
    is_first_purchase: bool
    more: int

    @property
    def sentence(self) -> str:
        """The offer in a sentence, in the reader's language."""
        if self.is_first_purchase and self.more == 1:
            text = _("{count} × {licence} cover all that is set up and one more: {price} a month, net.")
        elif self.is_first_purchase:
            text = _("{count} × {licence} cover all of it: {price} a month, net.")
        elif self.more == 1:
            text = _("One more: {licence}, {price} a month, net.")
        else:
            text = _("What is missing: {count} × {licence}, {price} a month, net.")
        return text.format(
            licence=spoken(self.licence.name),
            count=quantity(self.quantity),
            price=money(self.monthly_minor, self.licence.currency),
        )


def offer_of_one_more(
    service: str, *, phone_system: PhoneSystem, used: Grants, who: Visit, more: int = 1
) -> Offer | None:
    """This function will find the licence that grants one (or so many) ``more`` of a service for the least
    money a month.

    In a trial nothing is booked yet: there it is the licence the store begins with, in a quantity that covers
    all that is ``used`` and what is more (rule 3.2). None when no licence grants the service.
    """
    subscription = phone_system.subscription
    added = Grants(*(more * (service == one) for one in (TRUNK_LINES, ENDPOINTS, PHONE_NUMBERS)))
    if subscription.bought_on is None:
        version = version_on_sale(product_key=subscription.product_version.product.key, day=who.day)
        first = next(iter(_licences(version)), None)
        in_trial = phone_system.trunk_lines if service == TRUNK_LINES else 0
        wanted = Grants(in_trial, used.endpoints, used.phone_numbers) + added
        return None if first is None else _offer(first, wanted, more, is_first_purchase=True)
    offers = [
        _offer(licence, added, more, is_first_purchase=False)
        for licence in _licences(subscription.product_version)
        if getattr(licence, service) > 0
    ]
    return min(offers, key=lambda offer: offer.monthly_minor, default=None)


def _licences(version: ProductVersion) -> list[Licence]:
    return [licence for licence in licences_of(version) if licence.kind == LicenceKind.LICENCE]


def _offer(licence: Licence, wanted: Grants, more: int, *, is_first_purchase: bool) -> Offer:
    count = quantity_covering(grants_of(licence), wanted)
    return Offer(
        licence=licence,
        quantity=count,
        monthly_minor=count * licence.unit_price_minor,
        is_first_purchase=is_first_purchase,
        more=more,
    )
