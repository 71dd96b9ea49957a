"""Members: seen by whom, invited, given another role, removed; the last owner stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest

from switchroom.accounts.models import Invitation, Member, Role
from switchroom.accounts.queries import invitations_of
from switchroom.plumbing import clock, outbox
from tests.doors.company import Company, few_queries, person, said_after, signed_in, words

MEMBERS, INVITE = "/members/", "/members/invite/"


@pytest.fixture
def alpha(town_clock: None) -> Company:
    return Company()


def role_of(member: Member) -> str:
    return Member.objects.get(pk=member.pk).role


def invited(alpha: Company, email: str = "nora@example.com", role: str = Role.TECHNICAL) -> Invitation:
    signed_in(alpha.alice).post(INVITE, {"email": email, "role": role})
    return invitations_of(alpha.account.id).get(email=email)


def test_it_lists_everybody_with_the_role_in_words(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    invited(alpha)
    with few_queries():
        answer = client.get(MEMBERS)
    said = words(answer)
    assert "Alice (you) alice@example.com Owner 1 June 2026 Change role" in said
    assert "Bob bob@example.com Billing 1 June 2026" in said
    assert "nora@example.com invited by Alice, sent on 1 June 2026 at 12:00 Technical" in said
    assert "Buys, cancels and pays; does not touch the telephones." in said
    assert "Charlie" not in said


@pytest.mark.parametrize("name", ["bob", "tom"])
def test_whoever_may_not_manage_members_sees_them_and_no_button(alpha: Company, name: str) -> None:
    invited(alpha)
    html = signed_in(getattr(alpha, name)).get(MEMBERS).content.decode()
    assert "nora@example.com" in html
    assert "please ask an owner" in html
    for word in ("invite/", "/role/", "/resend/", "/withdraw/"):
        assert word not in html
    assert re.findall(r"/members/([0-9a-f-]+)/remove/", html) == [str(getattr(alpha, name).id)], "to leave"


def test_a_viewer_does_not_see_them(alpha: Company) -> None:
    answer = signed_in(alpha.vera).get(MEMBERS)
    assert answer.status_code == 403
    assert "alice@example.com" not in words(answer)
    assert "/members/" not in signed_in(alpha.vera).get("/").content.decode(), "nor the way there"


def test_it_stays_quick_with_many_members_and_shows_fifty_on_a_page(alpha: Company) -> None:
    for number in range(60):
        alpha.joins(f"Extra{number:02d}", Role.VIEWER)
    client = signed_in(alpha.alice)
    with few_queries():
        answer = client.get(MEMBERS)
    assert answer.content.decode().count("/role/") == 50
    assert "Page 1 of 2 Next" in words(answer)
    assert "Extra59" in words(client.get(f"{MEMBERS}?page=2"))


def test_an_invitation_goes_out_with_its_link(
    alpha: Company, letters: Callable[[], list[EmailMessage]]
) -> None:
    client = signed_in(alpha.alice)
    assert 'value="viewer" checked' in client.get(INVITE).content.decode(), "the least is offered"
    answer = client.post(INVITE, {"email": " Nora@Example.com ", "role": "technical"})
    assert "The invitation to nora@example.com is on its way." in said_after(client, answer)
    outbox.drain()
    (letter,) = letters()
    body = letter.get_body(("plain",))
    assert body is not None
    assert re.search(r"^http://localhost:8000/invitations/[\w-]{40,}/$", body.get_content(), re.MULTILINE)


@pytest.mark.parametrize(
    ("email", "role", "field", "sentence"),
    [
        ("nora", "billing", "email", "Please enter an e-mail address, for example name@example.com."),
        ("", "billing", "email", "Please enter an e-mail address, for example name@example.com."),
        ("bob@example.com", "viewer", "email", "bob@example.com is already a member of this account."),
        ("known@example.com", "owner", "email", "known@example.com has already been invited."),
        ("nora@example.com", "king", "role", "Please choose one of the roles."),
        ("nora@example.com", "", "role", "Please choose one of the roles."),
    ],
)
def test_a_wrong_invitation_is_refused_at_its_field_and_stays(
    alpha: Company, email: str, role: str, field: str, sentence: str
) -> None:
    invited(alpha, "known@example.com")
    answer = signed_in(alpha.alice).post(INVITE, {"email": email, "role": role})
    html = answer.content.decode()
    assert answer.status_code == 422
    error = re.search(rf'id="{field}-error".*?</p>', html, re.DOTALL)
    assert error is not None
    assert sentence in error.group()
    assert f'name="email" value="{email}"' in html
    assert re.findall(r'value="(\w+)" checked', html) == ([role] if role in Role.values else [])
    assert invitations_of(alpha.account.id).count() == 1


def test_what_was_typed_is_never_taken_for_marks(alpha: Company) -> None:
    html = signed_in(alpha.alice).post(INVITE, {"email": '"><b>', "role": "viewer"}).content.decode()
    assert 'value="&quot;&gt;&lt;b&gt;"' in html


def test_an_invitation_is_sent_again_with_a_new_link(alpha: Company) -> None:
    invitation = invited(alpha)
    client = signed_in(alpha.alice)
    said = said_after(client, client.post(f"/members/invitations/{invitation.id}/resend/"))
    assert "is on its way again. The former link no longer works." in said
    assert invitations_of(alpha.account.id).get().token_hash != invitation.token_hash


def test_an_expired_invitation_is_called_so_and_can_be_sent_again(alpha: Company) -> None:
    invitation = invited(alpha)
    clock.set_clock(clock.now() + timedelta(days=14))
    client = signed_in(alpha.alice)
    assert "Expired" in words(client.get(MEMBERS))
    client.post(f"/members/invitations/{invitation.id}/resend/")
    said = words(client.get(MEMBERS))
    assert "Expired" not in said
    assert "29 June 2026 at 12:00" in said


def test_an_invitation_is_withdrawn_once(alpha: Company) -> None:
    invitation = invited(alpha)
    client = signed_in(alpha.alice)
    address = f"/members/invitations/{invitation.id}/withdraw/"
    assert "is withdrawn. Its link no longer works." in said_after(client, client.post(address))
    assert not invitations_of(alpha.account.id).exists()
    again = said_after(client, client.post(address))
    assert "This invitation has been withdrawn. Please ask for a new one." in again
    resent = said_after(client, client.post(address.replace("withdraw", "resend")))
    assert "This invitation has been withdrawn." in resent


def test_a_member_gets_another_role(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    address = f"/members/{alpha.tom.id}/role/"
    with few_queries():
        answer = client.get(address)
    assert "What may Tom do?" in words(answer)
    assert 'value="technical" checked' in answer.content.decode()
    assert "Tom now has the role Billing." in said_after(client, client.post(address, {"role": "billing"}))
    assert role_of(alpha.tom) == Role.BILLING


def test_an_unknown_role_is_refused_at_the_choice(alpha: Company) -> None:
    answer = signed_in(alpha.alice).post(f"/members/{alpha.tom.id}/role/", {"role": "king"})
    assert answer.status_code == 422
    assert 'id="role-error"' in answer.content.decode()
    assert role_of(alpha.tom) == Role.TECHNICAL


def test_the_last_owner_keeps_the_role_and_the_membership(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    role, remove = f"/members/{alpha.alice.id}/role/", f"/members/{alpha.alice.id}/remove/"
    assert "You are the only owner." in words(client.get(role))
    answer = client.post(role, {"role": "viewer"})
    assert answer.status_code == 422
    assert "An account needs an owner." in words(answer)
    assert 'value="viewer" checked' in answer.content.decode(), "what was chosen stays"
    page = client.get(remove).content.decode()
    assert "Make somebody else an owner first; then you can leave." in page
    assert "button--danger" not in page
    assert client.post(remove).status_code == 422
    assert role_of(alpha.alice) == Role.OWNER


def test_with_a_second_owner_the_first_may_step_back(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    client.post(f"/members/{alpha.bob.id}/role/", {"role": "owner"})
    answer = client.post(f"/members/{alpha.alice.id}/role/", {"role": "viewer"})
    assert answer["Location"] == "/profile/", "the list is no longer hers to see"
    assert role_of(alpha.alice) == Role.VIEWER


def test_a_member_is_removed_after_a_question(alpha: Company) -> None:
    client = signed_in(alpha.alice)
    address = f"/members/{alpha.tom.id}/remove/"
    with few_queries():
        asked = words(client.get(address))
    assert "Remove Tom?" in asked
    assert "Subscriptions, endpoints and numbers go on unchanged" in asked
    assert Member.objects.filter(pk=alpha.tom.pk).exists(), "the question alone removes nobody"
    assert "Tom is no longer a member." in said_after(client, client.post(address))
    assert not Member.objects.filter(pk=alpha.tom.pk).exists()
    assert client.post(address).status_code == 404, "a second click finds nobody"


@pytest.mark.parametrize("name", ["bob", "tom", "vera"])
def test_everybody_may_leave(alpha: Company, name: str) -> None:
    member: Member = getattr(alpha, name)
    client = signed_in(member)
    assert "Leave Alpha GmbH?" in words(client.get(f"/members/{member.id}/remove/"))
    answer = client.post(f"/members/{member.id}/remove/")
    assert answer["Location"] == "/"
    assert client.get("/")["Location"] == "/accounts-of-mine/open/"
    assert not Member.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize("name", ["bob", "tom", "vera"])
def test_only_an_owner_manages_members(alpha: Company, name: str) -> None:
    invitation = invited(alpha)
    client = signed_in(getattr(alpha, name))
    for address in (
        INVITE,
        f"/members/{alpha.alice.id}/role/",
        f"/members/{alpha.alice.id}/remove/",
        f"/members/invitations/{invitation.id}/resend/",
        f"/members/invitations/{invitation.id}/withdraw/",
    ):
        answer = client.post(address, {"email": "x@example.com", "role": "owner"})
        assert answer.status_code == 403, address
    assert role_of(getattr(alpha, name)) != Role.OWNER
    assert invitations_of(alpha.account.id).get() == invitation


def test_a_foreign_owner_finds_nothing(alpha: Company) -> None:
    invitation = invited(alpha)
    client = signed_in(alpha.charlie)
    for address in (
        f"/members/{alpha.tom.id}/role/",
        f"/members/{alpha.tom.id}/remove/",
        f"/members/invitations/{invitation.id}/resend/",
        f"/members/invitations/{invitation.id}/withdraw/",
        f"/members/{uuid4()}/remove/",
        f"/members/invitations/{uuid4()}/withdraw/",
    ):
        assert client.post(address, {"role": "owner"}).status_code == 404, address
    assert role_of(alpha.tom) == Role.TECHNICAL


def test_a_member_of_two_accounts_acts_for_the_one_the_address_is_about(alpha: Company) -> None:
    Member.objects.create(
        account=alpha.charlie.account, user=alpha.alice.user, role=Role.OWNER, joined_on=alpha.alice.joined_on
    )
    client = signed_in(alpha.alice)
    assert "Alpha GmbH" in words(client.get(MEMBERS))
    newcomer = Member.objects.create(
        account=alpha.charlie.account, user=person("Nick"), role=Role.VIEWER, joined_on=alpha.alice.joined_on
    )
    said = said_after(client, client.post(f"/members/{newcomer.id}/remove/"))
    assert "Who acts for Gamma AG" in said
