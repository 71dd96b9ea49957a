"""The page that accepts an invitation: open to the invited person alone, also before signing in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client

from switchroom.accounts import invitations
from switchroom.accounts.models import Member, Role
from switchroom.plumbing import clock, outbox
from tests.doors.company import Company, few_queries, person, said_after, signed_in, words

Letters = Callable[[], list[EmailMessage]]


class Invited:
    """Nora, whom Alice invites to set up the phones of Alpha GmbH, and the address of her link."""

    def __init__(self) -> None:
        self.alpha = Company()
        self.address = ""
        self.invitation = invitations.invite(
            member=self.alpha.alice,
            email="nora@example.com",
            role=Role.TECHNICAL,
            at=clock.now(),
            link_of=self.note,
        )

    def note(self, token: str) -> str:
        self.address = f"/invitations/{token}/"
        return f"http://testserver{self.address}"

    @property
    def roles(self) -> list[str]:
        """Nora's roles in Alpha GmbH: none or one."""
        members = Member.objects.filter(account=self.alpha.account, user__email="nora@example.com")
        return list(members.values_list("role", flat=True))


@pytest.fixture
def nora(town_clock: None) -> Invited:
    return Invited()


def test_signed_out_it_says_who_invites_whereto_and_shows_the_way(nora: Invited) -> None:
    with few_queries():
        answer = Client().get(nora.address)
    said = words(answer)
    assert answer.status_code == 200
    assert "Alice invites you to act for Alpha GmbH here." in said
    assert "Technical Sets up telephones and numbers" in said
    assert "For nora@example.com" in said
    assert "15 June 2026 at 12:00" in said
    html = answer.content.decode()
    assert f'href="/accounts/signup/?next={nora.address}&amp;email=nora%40example.com"' in html
    assert f'href="/accounts/login/?next={nora.address}"' in html
    assert "Accept the invitation" not in html
    assert "no-store" in answer["Cache-Control"]


def test_signed_out_nothing_is_accepted(nora: Invited) -> None:
    assert Client().post(nora.address)["Location"] == nora.address
    assert nora.roles == []


def test_whoever_signs_in_comes_back_and_accepts(nora: Invited) -> None:
    user = person("Nora")
    user.set_password("a good long secret")
    user.save()
    client = Client()
    typed = {"login": user.email, "password": "a good long secret", "next": nora.address}
    assert client.post("/accounts/login/", typed)["Location"] == nora.address
    assert "Accept the invitation" in words(client.get(nora.address))
    assert "Welcome to Alpha GmbH." in said_after(client, client.post(nora.address))
    assert nora.roles == [Role.TECHNICAL]


def test_whoever_is_new_signs_up_and_comes_back(nora: Invited, letters: Letters) -> None:
    client = Client()
    page = client.get(f"/accounts/signup/?next={nora.address}&email=nora%40example.com")
    assert 'value="nora@example.com"' in page.content.decode()
    typed = {"full_name": "Nora", "email": "nora@example.com", "password1": "a good long secret"}
    client.post("/accounts/signup/", typed | {"next": nora.address})
    outbox.drain()
    body = next(one for one in letters() if "/invitations/" not in str(one)).get_body(("plain",))
    assert body is not None
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", body.get_content(), re.MULTILINE)
    assert code is not None
    answer = client.post("/accounts/confirm-email/", {"code": code.group(1)})
    assert answer["Location"] == nora.address
    client.post(nora.address)
    assert nora.roles == [Role.TECHNICAL]


def test_another_address_is_told_and_refused(nora: Invited) -> None:
    client = signed_in(person("Zoe"))
    said = words(client.get(nora.address))
    assert "You are zoe@example.com, the invitation is for nora@example.com." in said
    assert "Accept" not in said
    answer = client.post(nora.address)
    assert answer.status_code == 422
    assert "This invitation is for nora@example.com." in words(answer)
    back = client.post("/accounts/logout/", {"next": nora.address})
    assert back["Location"] == nora.address
    assert "sign in as nora@example.com" in words(client.get(nora.address))


def test_a_member_is_told_so(nora: Invited) -> None:
    user = person("Nora")
    Member.objects.create(
        account=nora.alpha.account, user=user, role=Role.VIEWER, joined_on=nora.alpha.alice.joined_on
    )
    answer = signed_in(user).post(nora.address)
    assert answer.status_code == 422
    assert "nora@example.com is already a member of this account." in words(answer)
    assert nora.roles == [Role.VIEWER]


def test_a_link_that_means_nothing_is_told(nora: Invited) -> None:
    for client in (Client(), signed_in(nora.alpha.alice)):
        answer = client.get("/invitations/made-up/")
        assert answer.status_code == 404
        assert "This invitation link is not valid." in words(answer)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_past_its_time_is_told(nora: Invited, method: str) -> None:
    user = person("Nora")
    clock.set_clock(nora.invitation.expires_at - timedelta(seconds=1))
    assert signed_in(user).get(nora.address).status_code == 200
    clock.set_clock(nora.invitation.expires_at)
    answer = getattr(signed_in(user), method)(nora.address)
    assert answer.status_code == 410
    assert "This invitation has expired. Please ask for a new one." in words(answer)
    assert nora.roles == []


def test_a_withdrawn_link_is_told(nora: Invited) -> None:
    invitations.withdraw(member=nora.alpha.alice, invitation_id=nora.invitation.id, at=clock.now())
    answer = signed_in(person("Nora")).post(nora.address)
    assert answer.status_code == 410
    assert "This invitation has been withdrawn." in words(answer)


def test_a_used_link_is_told(nora: Invited) -> None:
    client = signed_in(person("Nora"))
    client.post(nora.address)
    answer = client.post(nora.address)
    assert answer.status_code == 410
    assert "This invitation has already been accepted." in words(answer)
    assert nora.roles == [Role.TECHNICAL]
