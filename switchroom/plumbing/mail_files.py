"""Mails as files, for trying and for tests: each message is one ``.eml`` that any mail program opens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import make_msgid
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FileBackend(BaseEmailBackend):
    """Writes each message to ``MAIL_FOLDER/<message-id>.eml``; the same message id again is the same
    file.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """This function will write the messages and return their number."""
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            message.extra_headers.setdefault("Message-ID", make_msgid(domain="localhost"))
            name = re.sub(r"[^A-Za-z0-9.@_-]", "_", message.extra_headers["Message-ID"].strip("<>"))
            draft = folder / f".{name}.draft"
            draft.write_bytes(message.message().as_bytes())
            draft.rename(folder / f"{name}.eml")
        return len(email_messages)
