"""Details of one subscription: its story at the left, the facts at the right, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from switchroom.accounts.policy import Capability
from switchroom.billing import rates
from switchroom.billing.models import Credit
from switchroom.billing.queries import credits_to_use, lines_for_subscription, references_of
from switchroom.phonesystems.deletion_record import file_of, verify
from switchroom.phonesystems.models import DeletionRecord
from switchroom.phonesystems.queries import deletion_record_of
from switchroom.plumbing.audit_trail import story_of
from switchroom.plumbing.models import AuditEvent
from switchroom.plumbing.wording import money
from switchroom.portal.access import Visit, all_for, visit_to
from switchroom.portal.bill_lines import BillAhead, bill_ahead
from switchroom.portal.explaining import Orders
from switchroom.portal.summaries import Summary, state_chip, summary_for
from switchroom.portal.timeline import Told, names_in, orders_in, together, told
from switchroom.rules.credits import Credit as CreditFact
from switchroom.rules.forecasts import coming_documents, with_reduction_done
from switchroom.rules.lifecycle import State
from switchroom.rules.periods import Month
from switchroom.rules.promise import Item, Promise, held_on, items_in_force
from switchroom.rules.quotes import monthly_minor
from switchroom.subscriptions.models import Subscription
from switchroom.subscriptions.promises import promises_of

ON_A_PAGE = 50
OVER = (State.ENDED, State.DELETED)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One booked item: what, how many, at which price (minor units a month, net), since when."""

    name: str
    item: Item


@dataclass(frozen=True, kw_only=True)
class Later:
    """What is held and paid once the pending reduction has taken effect."""

    on: date
    held: tuple[tuple[str, int], ...]
    monthly_minor: int


@dataclass(frozen=True, kw_only=True)
class NextInvoice:
    """The account's next monthly invoice; ``own`` are this subscription's lines on it, ``rest_minor`` the
    net of the others'.
    """

    ahead: BillAhead
    own_minor: int
    rest_minor: int
    currency: str


@require_safe
def subscription(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """This function will show one subscription; a foreign one answers 404."""
    who, chosen, others = all_for(request, subscription_id, Capability.SEE_SUBSCRIPTIONS)
    summary = summary_for(who, chosen)
    events = list(story_of(subscription_id=chosen.id))
    orders = orders_in(events)
    upcoming = _next_invoice(who, chosen, others, summary, orders)
    page = Paginator(together(events), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "portal/subscriptions/details.html",
        {
            "visit": who,
            "subscription": chosen,
            "summary": summary,
            "chip": state_chip(summary.promise, summary.state),
            "booked": _booked(chosen, summary.promise, who.day),
            "later": _later(chosen, summary.promise),
            "upcoming": upcoming,
            "to_come": _to_come(summary, who.day, upcoming) if page.number == 1 else [],
            "story": _story(who, chosen, page, orders),
            "page": page,
            "record": deletion_record_of(chosen.id) if summary.state is State.DELETED else None,
            "follows_it": next((one for one in others if one.follows_id == chosen.id), None),
            "may_order": who.can(Capability.ORDER),
            "may_back_up": who.can(Capability.BACK_UP) and summary.phone_system is not None,
            "may_see_phones": who.can(Capability.SEE_PHONES) and summary.phone_system is not None,
            "may_see_billing": who.can(Capability.SEE_BILLING),
        },
    )


@require_safe
def deletion_record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """This function will show the proof that a phone system was deleted; a foreign one answers 404."""
    record = DeletionRecord.objects.select_related("subscription").filter(id=record_id).first()
    if record is None:
        raise Http404
    visit_to(request, record.account_id, Capability.SEE_SUBSCRIPTIONS)
    return render(
        request, "portal/subscriptions/deletion_record.html", {"record": record, "holds": verify(record)}
    )


@require_safe
def deletion_record_file(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """This function will hand over the signed record of a deletion; a foreign one answers 404."""
    record = DeletionRecord.objects.filter(id=record_id, verified_at__isnull=False).first()
    if record is None:
        raise Http404
    visit_to(request, record.account_id, Capability.SEE_SUBSCRIPTIONS)
    name = f"deletion-{record.sip_label}-{record.deleted_on.isoformat()}.json"
    return HttpResponse(
        file_of(record),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _booked(chosen: Subscription, promise: Promise, day: date) -> list[Booked]:
    names = names_in(chosen)
    return [Booked(name=names[item.licence], item=item) for item in items_in_force(promise, day)]


def _later(chosen: Subscription, promise: Promise) -> Later | None:
    if promise.reduction is None:
        return None
    names, lived, on = names_in(chosen), with_reduction_done(promise), promise.reduction.bites_on
    return Later(
        on=on,
        held=tuple((names[key], count) for key, count in held_on(lived, on).items()),
        monthly_minor=monthly_minor(items_in_force(lived, on)),
    )


def _story(who: Visit, chosen: Subscription, page: Page[list[AuditEvent]], orders: Orders) -> list[Told]:
    entries = list(page.object_list)
    may_see_billing = who.can(Capability.SEE_BILLING)
    invoices = [entry[0].facts["invoice_id"] for entry in entries if entry[0].kind == "invoice_issued"]
    lines = lines_for_subscription(chosen.id, invoices) if may_see_billing and invoices else []
    references = {str(line.invoice_id): line.invoice.reference for line in lines}
    return told(
        entries,
        names=names_in(chosen),
        currency=chosen.product_version.currency,
        references=references if may_see_billing else references_of(chosen.account_id, invoices),
        lines=lines,
        orders=orders,
    )


def _next_invoice(
    who: Visit, chosen: Subscription, others: Sequence[Subscription], summary: Summary, orders: Orders
) -> NextInvoice | None:
    """None when the role does not see bills, when nothing was bought, or when no invoice follows."""
    if not who.can(Capability.SEE_BILLING) or summary.promise.bought_on is None or summary.state in OVER:
        return None
    credits, subscriptions = credits_to_use(who.account.id), [chosen, *others]
    month = Month.of(who.day).plus(1)
    ((_month, draft),) = coming_documents(
        promises_of(subscriptions),
        [_fact(credit) for credit in credits],
        first=month,
        count=1,
        rate_of=rates.rate_of,
    )
    if draft is None:
        return None
    ahead = bill_ahead(month, draft, subscriptions, credits=credits, orders=orders)
    own_minor = sum(group.net_minor for group in ahead.groups if group.subscription == chosen)
    return NextInvoice(
        ahead=ahead,
        own_minor=own_minor,
        rest_minor=draft.charged_minor - own_minor,
        currency=chosen.product_version.currency,
    )


def _fact(credit: Credit) -> CreditFact:
    left_minor: int = getattr(credit, "left_minor")  # noqa: B009  # an annotation of the query
    return CreditFact(credit.id, credit.granted_on, left_minor, rates.share(credit.rate_bp))


def _to_come(summary: Summary, day: date, upcoming: NextInvoice | None) -> list[Told]:
    """What is still to happen, the last first, as it stands above the story."""
    promise, coming = summary.promise, []
    if upcoming is not None:
        amount = money(upcoming.own_minor, upcoming.currency)
        coming.append(
            Told(
                title=_("Next invoice, before credits"),
                day=upcoming.ahead.month.first_on,
                icon="receipt-text",
                tone="future",
                money=amount,
            )
        )
    if promise.reduction is not None:
        coming.append(
            Told(
                title=_("The reduction takes effect"),
                day=promise.reduction.bites_on,
                icon="arrow-down",
                tone="future",
            )
        )
    if promise.ends_on is not None and promise.ends_on > day:
        coming.append(
            Told(title=_("It ends and is deleted"), day=promise.ends_on, icon="clock", tone="future")
        )
    elif promise.term_until is not None and promise.term_until > day:
        coming.append(
            Told(title=_("The minimum term is over"), day=promise.term_until, icon="calendar", tone="future")
        )
    elif promise.bought_on is None and promise.trial.until_on > day:
        coming.append(
            Told(title=_("The trial is over"), day=promise.trial.until_on, icon="clock", tone="future")
        )
    return sorted(coming, key=lambda one: one.day, reverse=True)
