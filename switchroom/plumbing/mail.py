"""Letters to members: rendered in the transaction that gives the reason, sent by the outbox, each once.

A letter is a pair of templates, ``mail/NAME.subject.txt`` and ``mail/NAME.txt``. Its HTML form is made of the
text unless there is a ``mail/NAME.html``. Its Message-ID is derived from its key, so that a letter that a
crash sends a second time is recognised as the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import select_template
from django.utils.translation import override

from switchroom.plumbing import clock, outbox

KIND = "mail"


def defer_mail(*, to: str, template: str, context: Mapping[str, Any], language: str, key: str) -> None:
    """This function will render a letter now and send it, once per key, when the surrounding transaction
    commits.

    ``template`` is the NAME of ``mail/NAME.txt``, ``language`` ``en`` or ``de``. Templates also know
    ``provider_name``, ``base_url`` and ``language``. Raises outbox.OutsideTransaction.
    """
    words = {
        **context,
        "provider_name": settings.INSTALLATION.provider_name,
        "base_url": settings.INSTALLATION.base_url.rstrip("/"),
        "language": language,
    }
    with override(language):
        subject = " ".join(_text(f"mail/{template}.subject.txt", words).split())
        text = _text(f"mail/{template}.txt", words).strip() + "\n"
        body = select_template([f"mail/{template}.html", "mail/letter.html"])
        html = body.render({**words, "subject": subject, "text": text})
    defer_letter(to=to, subject=subject, text=text, html=html, key=key)


def defer_letter(*, to: str, subject: str, text: str, html: str = "", key: str) -> None:
    """This function will send a letter already written, once per key, when the transaction commits."""
    letter = {
        "to": to,
        "subject": subject,
        "text": text,
        "html": html,
        "message_id": message_id(key),
        "date": format_datetime(clock.now()),
    }
    outbox.defer(KIND, letter, key=f"{KIND}:{key}")


def message_id(key: str) -> str:
    """This function will return the Message-ID of the letter with this key, always the same."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"


@outbox.handles(KIND, outside=True)
def send(letter: dict[str, Any]) -> None:
    """This function will hand one letter to the mail server."""
    message = EmailMultiAlternatives(
        subject=letter["subject"],
        body=letter["text"],
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter["to"]],
        headers={
            "Message-ID": letter["message_id"],
            "Date": letter["date"],
            "Auto-Submitted": "auto-generated",
        },
    )
    if letter["html"]:
        message.attach_alternative(letter["html"], "text/html")
    message.send()


def _text(name: str, words: Mapping[str, Any]) -> str:
    """Plain text: an ampersand stays as it is, which the usual rendering would escape for HTML."""
    return str(Engine.get_default().get_template(name).render(Context(dict(words), autoescape=False)))
