"""Where the sign-in library meets us: its letters leave through the outbox, in the reader's language.

So a mail server that is down delays a code and does not break the sign-up.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from switchroom.accounts.models import User
from switchroom.plumbing.ids import new_id
from switchroom.plumbing.mail import defer_letter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Signing up and in, as the library does it, but for the letters."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """This function will render one of the library's letters and promise to send it."""
        language = _language_of(email)
        words = {
            **context,
            "email": email,
            "request": self.request,
            "provider_name": settings.INSTALLATION.provider_name,
            "base_url": settings.INSTALLATION.base_url.rstrip("/"),
            "language": language,
        }
        with override(language), transaction.atomic():
            letter = self.render_mail(template_prefix, email, words)
            html = render_to_string(
                "mail/letter.html", {**words, "subject": letter.subject, "text": letter.body}
            )
            defer_letter(
                to=email,
                subject=letter.subject,
                text=f"{letter.body}\n",
                html=html,
                key=f"{template_prefix}:{new_id()}",
            )


def _language_of(email: str) -> str:
    """Whoever is known by the address is written to in their own language, others in that of the page."""
    user = User.objects.filter(email=email.lower()).first()
    return user.language if user else get_language() or settings.LANGUAGE_CODE
