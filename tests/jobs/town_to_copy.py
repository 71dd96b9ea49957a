"""A small town with one of everything that a copy must not lose: documents, credits in use, a term that is
cancelled, a second factor, somebody who is signed in, letters that are sent, due, or given up.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Model, QuerySet

from switchroom.accounts.models import Account
from switchroom.journeys.audit import run_audit
from switchroom.plumbing import clock, outbox
from switchroom.plumbing.copies.tables import our_models
from switchroom.plumbing.models import OutboxEntry
from tests.cast import Town
from tests.ledgers import statement_of

DAY = "2026-08-03"


def build() -> None:
    """This function will build the town in an installation that is prepared."""
    town = Town().on("2026-06-10")
    dana = town.customer("Dana").grows_to(one=3).sets_up(endpoints=2, numbers=1)
    erik = town.customer("Erik", language="de").grows_to(one=2, business=True)
    town.on("2026-06-17")
    dana.adds(one=2)
    erik.cancels()
    town.on("2026-07-28").customer("Farah").starts_trial()
    town.on(DAY)
    dana.adds(one=1)
    Authenticator.objects.create(
        user=dana.user, type=Authenticator.Type.TOTP, data={"secret": "sealed", "n": 1.5}
    )
    session = SessionStore()
    session["greeting"] = "Grüß Gott, “Dana” – 你好"
    session.save()
    (settings.DATA_DIR / "files" / "backups").mkdir(parents=True)
    (settings.DATA_DIR / "files" / "backups" / "one.bin").write_bytes(bytes(range(256)) * 3)
    with transaction.atomic():
        letter = {"to": "dana@example.com", "subject": "s", "text": "t", "html": "", "message_id": "<m@x>"}
        outbox.defer("mail", {**letter, "date": "Mon, 3 Aug 2026 10:00:00 +0000"}, key="still to be sent")
        outbox.defer("mail", {}, key="given up")
    OutboxEntry.objects.filter(key="given up").update(dead_at=clock.real_now(), due_at=None, last_error="no")
    assert run_audit(day=town.day) == []


def statements() -> dict[str, str]:
    """This function will return what every customer was ever billed, as text."""
    return {one.name: statement_of(one.id) for one in Account.objects.order_by("name")}


def everything() -> dict[str, Any]:
    """This function will return every row of every model, and what it says on paper."""

    def rows(model: type[Model]) -> list[tuple[Any, ...]]:
        return sorted(QuerySet(model).values_list(), key=lambda row: str(row[0]))

    return {model._meta.label: rows(model) for model in our_models()} | {"statements": statements()}
