"""What was given up, on the operator's command line: listed with the reason, tried again by id or all."""

from __future__ import annotations

import pytest
from django.db import transaction

from switchroom.jobs import retrying
from switchroom.plumbing import mail, outbox
from switchroom.plumbing.models import OutboxEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def unsent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of three letters that were given up, latest first; meanwhile the mail server was mended."""
    with transaction.atomic():
        for name in ("anna", "bert", "cleo"):
            mail.defer_letter(to=f"{name}@example.com", subject="Hello", text=name, key=name)
    with monkeypatch.context() as patched:
        patched.setattr("switchroom.plumbing.mail_files.FileBackend.send_messages", _refuses)
        outbox.drain()
    return [str(entry.pk) for entry in outbox.dead()]


def _refuses(*_messages: object) -> int:
    raise outbox.Hopeless("no such\nmailbox")


def sent() -> int:
    outbox.drain()
    return OutboxEntry.objects.exclude(done_at=None).count()


def test_it_lists_what_was_given_up_and_why(unsent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert retrying.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[0:6:2]] == unsent
    assert lines[0].endswith(" UTC  mail mail:cleo")
    assert lines[1] == "    Hopeless('no such\\nmailbox')"
    assert lines[6] == "3 were given up."
    assert sent() == 0


def test_it_tries_those_again_that_are_named(unsent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert retrying.main(unsent[:2]) == 0
    assert capsys.readouterr().out == "2 are tried again.\n"
    assert sent() == 2
    assert retrying.main(unsent[:1]) == 1
    assert capsys.readouterr().out == f"{unsent[0]} was not given up.\n0 are tried again.\n"


def test_it_tries_all_of_a_kind_again(unsent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert retrying.main(["--all", "--kind", "phonesystems.edge"]) == 0
    assert retrying.main(["--all"]) == 0
    assert capsys.readouterr().out == "0 are tried again.\n3 are tried again.\n"
    assert sent() == 3
    assert retrying.main([]) == 0
    assert capsys.readouterr().out == "Nothing was given up.\n"


def test_it_does_not_guess(unsent: list[str]) -> None:
    with pytest.raises(SystemExit):
        retrying.main([unsent[0], "--all"])
    assert sent() == 0
