"""Inviting a colleague: by a link that works once, for 14 days, and for the invited address alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction

from switchroom.accounts import invitations
from switchroom.accounts.invitations import accept, invitation_for, invite, resend, withdraw
from switchroom.accounts.membership import UnknownRole
from switchroom.accounts.models import Invitation, Language, Member, Role, User
from switchroom.accounts.policy import NotAllowed
from switchroom.accounts.queries import invitations_of, members_of
from switchroom.plumbing import outbox
from switchroom.plumbing.audit_trail import story_of_account
from tests.accounts.conftest import Joins, Person

AT = datetime(2026, 6, 1, 10, tzinfo=UTC)
EXPIRES_AT = AT + timedelta(days=14)
Letters = Callable[[], list[EmailMessage]]


def link_of(token: str) -> str:
    return f"https://portal.example.com/join/{token}"


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def token_of(letters: Letters) -> Callable[[], str]:
    """A function that returns the token in the latest letter."""

    def find() -> str:
        outbox.drain()
        match = re.search(r"/join/(\S+)", text_of(letters()[-1]))
        assert match is not None
        return match.group(1)

    return find


Token = Callable[[], str]


def test_an_invited_colleague_becomes_a_member(alice: Member, person: Person, token_of: Token) -> None:
    invitation = invite(member=alice, email=" Bob@Example.com", role=Role.TECHNICAL, at=AT, link_of=link_of)
    assert (invitation.email, invitation.expires_at) == ("bob@example.com", EXPIRES_AT)
    assert list(invitations_of(alice.account_id)) == [invitation]
    bob = accept(token=token_of(), user=person("Bob"), at=AT + timedelta(days=3))
    assert (bob.account, bob.role, bob.joined_on) == (alice.account, Role.TECHNICAL, date(2026, 6, 4))
    assert list(invitations_of(alice.account_id)) == []
    story = [(event.kind, event.actor) for event in story_of_account(account_id=alice.account_id)]
    assert story[1:] == [("member_invited", "alice@example.com"), ("member_joined", "bob@example.com")]


def test_the_letter_says_who_invites_whereto_and_until_when(alice: Member, letters: Letters) -> None:
    alice.account.name = "Alpha & Söhne"
    alice.account.save()
    invite(member=alice, email="bob@example.com", role=Role.BILLING, at=AT, link_of=link_of)
    outbox.drain()
    (letter,) = letters()
    assert letter["To"] == "bob@example.com"
    assert letter["Subject"] == "Alice invites you to Alpha & Söhne"
    text = text_of(letter)
    for words in (
        "Alpha & Söhne",
        "Billing",
        "https://portal.example.com/join/",
        "15 June 2026",
        "bob@example.com",
    ):
        assert words in text
    assert letter.get_body(("html",)) is not None


def test_a_mail_is_sent_for_each_sending(alice: Member, letters: Letters) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    resend(member=alice, invitation_id=invitation.id, at=AT, link_of=link_of)
    outbox.drain()
    assert len(letters()) == 2


def test_the_token_itself_is_not_kept(alice: Member, token_of: Token) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    assert token_of() not in str(Invitation.objects.filter(pk=invitation.pk).values().get())


def test_a_link_works_until_it_expires(alice: Member, person: Person, token_of: Token) -> None:
    invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    token, bob = token_of(), person("Bob")
    with pytest.raises(invitations.InvitationExpired, match="has expired"):
        accept(token=token, user=bob, at=EXPIRES_AT)
    accept(token=token, user=bob, at=EXPIRES_AT - timedelta(seconds=1))


def test_a_link_works_once(alice: Member, person: Person, token_of: Token) -> None:
    invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    token, bob = token_of(), person("Bob")
    accept(token=token, user=bob, at=AT)
    with pytest.raises(invitations.InvitationUsed, match="already been accepted"):
        accept(token=token, user=bob, at=AT)
    with pytest.raises(invitations.InvitationUsed):
        invitation_for(token=token, at=AT)


def test_a_made_up_link_does_not_work(alice: Member) -> None:
    with pytest.raises(invitations.InvitationUnknown, match="link is not valid"):
        accept(token="made-up", user=alice.user, at=AT)


def test_a_withdrawn_link_does_not_work(alice: Member, person: Person, token_of: Token) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    token = token_of()
    withdraw(member=alice, invitation_id=invitation.id, at=AT)
    with pytest.raises(invitations.InvitationWithdrawn, match="withdrawn"):
        accept(token=token, user=person("Bob"), at=AT)
    with pytest.raises(invitations.InvitationWithdrawn):
        withdraw(member=alice, invitation_id=invitation.id, at=AT)
    with pytest.raises(invitations.InvitationWithdrawn):
        resend(member=alice, invitation_id=invitation.id, at=AT, link_of=link_of)


def test_sending_again_makes_a_new_link_and_kills_the_former(
    alice: Member, person: Person, token_of: Token
) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    former = token_of()
    later = EXPIRES_AT + timedelta(days=1)
    renewed = resend(member=alice, invitation_id=invitation.id, at=later, link_of=link_of)
    assert renewed.expires_at == later + timedelta(days=14)
    with pytest.raises(invitations.InvitationUnknown):
        accept(token=former, user=person("Bert"), at=later)
    accept(token=token_of(), user=person("Bob"), at=later)


def test_a_forwarded_link_lets_nobody_else_in(alice: Member, charlie: Member, token_of: Token) -> None:
    invite(member=alice, email="bob@example.com", role=Role.OWNER, at=AT, link_of=link_of)
    with pytest.raises(invitations.AddressNotProven, match=r"for bob@example\.com"):
        accept(token=token_of(), user=charlie.user, at=AT)
    assert list(members_of(alice.account_id)) == [alice]


def test_an_address_that_is_claimed_but_not_proven_does_not_count(
    alice: Member, charlie: Member, token_of: Token
) -> None:
    invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    claimed = EmailAddress.objects.create(user=charlie.user, email="bob@example.com", verified=False)
    with pytest.raises(invitations.AddressNotProven):
        accept(token=token_of(), user=charlie.user, at=AT)
    claimed.verified = True
    claimed.save()
    assert accept(token=token_of(), user=charlie.user, at=AT).user == charlie.user


def test_an_address_is_invited_once_at_a_time(alice: Member) -> None:
    first = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    with pytest.raises(invitations.AlreadyInvited, match="already been invited"):
        invite(member=alice, email="BOB@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    second = invite(member=alice, email="bob@example.com", role=Role.OWNER, at=EXPIRES_AT, link_of=link_of)
    assert list(invitations_of(alice.account_id)) == [second]
    first.refresh_from_db()
    assert first.withdrawn_at == EXPIRES_AT


def test_it_refuses_who_is_a_member_already(
    alice: Member, charlie: Member, joins: Joins, token_of: Token
) -> None:
    joins("Bob", Role.VIEWER)
    with pytest.raises(invitations.AlreadyMember, match=r"bob@example\.com is already a member"):
        invite(member=alice, email="bob@example.com", role=Role.OWNER, at=AT, link_of=link_of)
    invite(member=alice, email="second@example.com", role=Role.OWNER, at=AT, link_of=link_of)
    EmailAddress.objects.create(user=alice.user, email="second@example.com", verified=True)
    with pytest.raises(invitations.AlreadyMember):
        accept(token=token_of(), user=alice.user, at=AT)


@pytest.mark.parametrize("email", ["", "bob", "bob@", "bob@example.com, eve@example.com"])
def test_it_refuses_what_is_no_address(alice: Member, email: str) -> None:
    with pytest.raises(invitations.AddressInvalid, match="enter an e-mail address"):
        invite(member=alice, email=email, role=Role.VIEWER, at=AT, link_of=link_of)


def test_it_refuses_a_role_that_does_not_exist(alice: Member) -> None:
    with pytest.raises(UnknownRole):
        invite(member=alice, email="bob@example.com", role="king", at=AT, link_of=link_of)


@pytest.mark.parametrize("role", [Role.BILLING, Role.TECHNICAL, Role.VIEWER])
def test_only_an_owner_invites_sends_again_and_withdraws(alice: Member, joins: Joins, role: Role) -> None:
    bob = joins("Bob", role)
    invitation = invite(member=alice, email="eve@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    with pytest.raises(NotAllowed):
        invite(member=bob, email="mallory@example.com", role=Role.OWNER, at=AT, link_of=link_of)
    with pytest.raises(NotAllowed):
        resend(member=bob, invitation_id=invitation.id, at=AT, link_of=link_of)
    with pytest.raises(NotAllowed):
        withdraw(member=bob, invitation_id=invitation.id, at=AT)


def test_another_accounts_invitation_is_out_of_reach(alice: Member, charlie: Member) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    with pytest.raises(Invitation.DoesNotExist):
        withdraw(member=charlie, invitation_id=invitation.id, at=AT)
    with pytest.raises(Invitation.DoesNotExist):
        resend(member=charlie, invitation_id=invitation.id, at=AT, link_of=link_of)


def test_the_database_allows_one_open_invitation_and_no_second_end(alice: Member) -> None:
    invitation = invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    copy = Invitation.objects.get(pk=invitation.pk)
    copy.pk, copy.token_hash = alice.pk, "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)
    row = Invitation.objects.filter(pk=invitation.pk)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        row.update(role=Role.OWNER)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(accepted_at=AT, withdrawn_at=AT)
    row.update(withdrawn_at=AT)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        row.update(withdrawn_at=None)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        row.delete()


@pytest.mark.django_db(transaction=True)
def test_a_link_opened_twice_at_once_makes_one_member(alice: Member, person: Person, token_of: Token) -> None:
    invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    token, bob = token_of(), person("Bob")
    barrier = threading.Barrier(4)
    outcomes: list[str] = []

    def opens() -> None:
        try:
            barrier.wait(timeout=30)
            accept(token=token, user=bob, at=AT)
            outcomes.append("joined")
        except invitations.InvitationUsed:
            outcomes.append("used")
        finally:
            connection.close()

    threads = [threading.Thread(target=opens) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["joined", "used", "used", "used"]
    assert members_of(alice.account_id).count() == 2


def test_the_letter_speaks_the_language_of_whoever_invites(alice: Member, letters: Letters) -> None:
    User.objects.filter(pk=alice.user.pk).update(language=Language.GERMAN)
    invite(member=alice, email="bob@example.com", role=Role.VIEWER, at=AT, link_of=link_of)
    outbox.drain()
    (letter,) = letters()
    html = letter.get_body(("html",))
    assert html is not None
    assert '<html lang="de">' in html.get_content()
    assert letter["Subject"] == "Alice lädt Sie zu Alpha GmbH ein"
    for words in ("Guten Tag,", "Ihre Rolle wird sein: Lesen.", "Der Link gilt bis 15. Juni 2026"):
        assert words in text_of(letter)
