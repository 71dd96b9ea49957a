"""Opening an account: right after sign-up, by naming the company; whoever opens it is its first owner."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F

from switchroom.accounts.models import Account, AccountSeries, Member, Role, User
from switchroom.plumbing import audit_trail
from switchroom.plumbing.locks import lock_row
from switchroom.rules.refusals import Refused, gettext_noop

LONGEST_NAME = 200


class CompanyNameRefused(Refused):
    """An account cannot have this name."""


@transaction.atomic
def open_account(*, user: User, name: str, day: date) -> Account:
    """This function will open an account with the next account number and make the user its owner.

    The same wish on the same day, as a double click sends it, gives the same account. Raises
    CompanyNameRefused for a name that is empty or too long.
    """
    name = " ".join(name.split())
    if not name:
        raise CompanyNameRefused("1", gettext_noop("Please enter the name of your company."))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise CompanyNameRefused(
            "1", gettext_noop("Please shorten the name to at most {longest} letters."), longest=LONGEST_NAME
        )
    lock_row(User, user.pk)  # whoever clicks twice waits here and finds what the first click opened
    opened = Account.objects.filter(
        name=name, created_on=day, members__user=user, members__role=Role.OWNER
    ).first()
    if opened is not None:
        return opened
    account = Account.objects.create(number=_next_number(), name=name, created_on=day)
    Member.objects.create(account=account, user=user, role=Role.OWNER, joined_on=day)
    audit_trail.record(
        kind="account_opened",
        day=day,
        account_id=account.id,
        actor=user.email,
        facts={"number": account.number, "name": name},
    )
    return account


def _next_number() -> str:
    """Counting up holds the row until commit: whoever comes second waits and gets the number after."""
    AccountSeries.objects.get_or_create(pk=AccountSeries.ONLY)
    AccountSeries.objects.filter(pk=AccountSeries.ONLY).update(last_number=F("last_number") + 1)
    return str(AccountSeries.objects.get(pk=AccountSeries.ONLY))
