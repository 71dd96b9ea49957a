"""The one thing that a member most likely wants to do next with a subscription, as a button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from switchroom.accounts.policy import Capability
from switchroom.orders.models import Order, OrderKind, OrderState
from switchroom.portal.access import Visit
from switchroom.portal.summaries import Summary
from switchroom.rules.lifecycle import State


@dataclass(frozen=True, kw_only=True)
class Likely:
    """A button: where it leads, whether it is sent as a form, and whether it is the page's main one."""

    label: str
    url: str
    is_post: bool = False
    is_primary: bool = False


def drafts_of(account_id: UUID) -> dict[tuple[object, str], Order]:
    """This function will read the account's open drafts, by subscription and kind, in one query."""
    drafts = Order.objects.filter(account_id=account_id, state=OrderState.DRAFT)
    return {(draft.subscription_id, draft.kind): draft for draft in drafts}


def likely_next(
    summary: Summary, who: Visit, *, others: Iterable[Summary], drafts: dict[tuple[object, str], Order]
) -> Likely:
    """This function will choose the button by the subscription's state and by what the role includes.

    ``others`` are the account's subscriptions, among which a follow-up may be; ``drafts`` its open drafts.
    """
    if not who.can(Capability.ORDER):
        return _for_those_who_do_not_order(summary, who)
    left = _left_draft(summary, drafts)
    if left is not None:
        return left
    subscription = summary.subscription
    if summary.state in (State.TRIAL, State.EXPIRED) and summary.promise.cancellation is None:
        return Likely(label=_("Upgrade"), url=_to("upgrade", summary), is_post=True, is_primary=True)
    if summary.promise.cancellation is not None and summary.state not in (State.ENDED, State.DELETED):
        if any(other.subscription.follows_id == subscription.id for other in others):
            return Likely(label=_("See the end"), url=_to("cancel", summary))
        return Likely(label=_("Withdraw or follow up"), url=_to("cancel", summary))
    if summary.state is State.ACTIVE and summary.promise.reduction is not None:
        return Likely(label=_("See the reduction"), url=_to("reduce", summary))
    if summary.state is State.ACTIVE:
        return Likely(label=_("Upgrade"), url=_to("upgrade", summary), is_post=True)
    return Likely(label=_("Details"), url=_to("subscription", summary))


def _left_draft(summary: Summary, drafts: dict[tuple[object, str], Order]) -> Likely | None:
    subscription_id = summary.subscription.id
    if summary.can_upgrade and (subscription_id, OrderKind.UPGRADE) in drafts:
        return Likely(label=_("Continue your order"), url=_to("upgrade", summary), is_primary=True)
    if summary.state is State.CANCELLED and (subscription_id, OrderKind.FOLLOW_UP) in drafts:
        return Likely(label=_("Continue your order"), url=_to("follow_up", summary), is_primary=True)
    return None


def _for_those_who_do_not_order(summary: Summary, who: Visit) -> Likely:
    if who.can(Capability.SEE_PHONES) and summary.phone_system is not None:
        label = _("Set up phones") if who.can(Capability.MANAGE_PHONES) else _("See the phones")
        return Likely(label=label, url=_to("phone_system", summary))
    return Likely(label=_("Details"), url=_to("subscription", summary))


def _to(route: str, summary: Summary) -> str:
    return reverse(f"portal:{route}", args=[summary.subscription.id])
