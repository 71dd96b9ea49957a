"""Letters: rendered when they are promised, in the reader's language, sent once per key."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from switchroom.plumbing import mail, outbox
from tests.engines import let_a_worker_die

pytestmark = pytest.mark.django_db
Letters = Callable[[], list[EmailMessage]]


@pytest.fixture(autouse=True)
def templates(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "mail"
    folder.mkdir(parents=True)
    (folder / "hello.subject.txt").write_text("Hello,\n  {{ name }}")
    (folder / "hello.txt").write_text(
        "{{ name }} meets {{ provider_name }} ({{ language }}).\n\nhttps://a.example/"
    )
    (own,) = settings.TEMPLATES
    settings.TEMPLATES = [{**own, "DIRS": [tmp_path / "templates"]}]


def say_hello(key: str = "hello dana") -> None:
    with transaction.atomic():
        mail.defer_mail(
            to="dana@example.com", template="hello", context={"name": "Dana & Co"}, language="de", key=key
        )


def test_it_sends_a_letter_with_a_text_and_a_page(letters: Letters) -> None:
    say_hello()
    assert letters() == []
    outbox.drain()
    (letter,) = letters()
    assert letter["Subject"] == "Hello, Dana & Co"
    assert letter["To"] == "dana@example.com"
    assert letter["From"] == "Switchroom <no-reply@example.com>"
    text, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().startswith("Dana & Co meets Switchroom Demo Telecom GmbH (de).")
    assert "Dana &amp; Co meets" in page.get_content()
    assert '<a href="https://a.example/"' in page.get_content()


def test_it_sends_a_letter_once_per_key(letters: Letters) -> None:
    say_hello()
    say_hello()
    say_hello(key="hello again")
    outbox.drain()
    say_hello()
    outbox.drain()
    assert len(letters()) == 2


def test_a_letter_sent_twice_by_a_crash_is_recognised_as_the_same(letters: Letters) -> None:
    say_hello()
    crashed = let_a_worker_die()
    mail.send(crashed.payload)
    mail.send(crashed.payload)
    (letter,) = letters()
    assert letter["Message-ID"] == mail.message_id("hello dana")
    assert mail.message_id("hello dana").endswith("@example.com>")
    assert mail.message_id("hello dana") != mail.message_id("hello erik")
