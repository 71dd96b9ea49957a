"""What one more of a service would cost, for the place where there is no room left (rules 8.1 and 8.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    return offers_of_one_more([service], phone_system=phone_system, used=used, who=who, more=more)[service]


def offers_of_one_more(
    services: Iterable[str], *, phone_system: PhoneSystem, used: Grants, who: Visit, more: int = 1
) -> dict[str, Offer | None]:
    """This function will find for each of these services what ``offer_of_one_more`` finds."""
    subscription, wanted = phone_system.subscription, list(services)
    version = subscription.product_version
    if not wanted:
        return {}
    if subscription.bought_on is not None:
        licences = _licences(version)
        return {service: _cheapest(licences, service, more) for service in wanted}
    licences = _licences(version_on_sale(product_key=version.product.key, day=who.day))
    return {service: _first_purchase(licences, service, phone_system, used, more) for service in wanted}


def _first_purchase(
    licences: Sequence[Licence], service: str, phone_system: PhoneSystem, used: Grants, more: int
) -> Offer | None:
    in_trial = phone_system.trunk_lines if service == TRUNK_LINES else 0
    wanted = Grants(in_trial, used.endpoints, used.phone_numbers) + _added(service, more)
    return _offer(licences[0], wanted, more, is_first_purchase=True) if licences else None


def _cheapest(licences: Sequence[Licence], service: str, more: int) -> Offer | None:
    offers = [
        _offer(licence, _added(service, more), more, is_first_purchase=False)
        for licence in licences
        if getattr(licence, service) > 0
    ]
    return min(offers, key=lambda offer: offer.monthly_minor, default=None)


def _added(service: str, more: int) -> Grants:
    return Grants(*(more * (service == one) for one in (TRUNK_LINES, ENDPOINTS, PHONE_NUMBERS)))


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
