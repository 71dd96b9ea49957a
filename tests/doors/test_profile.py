"""The profile: a name, a language that counts at once, the ways to what guards the sign-in."""

from __future__ import annotations

import pytest
from django.conf import settings

from switchroom.accounts.models import User
from tests.doors.company import Company, few_queries, person, said_after, signed_in, words

PROFILE = "/profile/"


@pytest.fixture
def alpha(town_clock: None) -> Company:
    return Company()


def test_it_shows_name_language_accounts_and_the_ways_on(alpha: Company) -> None:
    client = signed_in(alpha.vera)
    with few_queries():
        answer = client.get(PROFILE)
    html = answer.content.decode()
    assert 'name="full_name" value="Vera"' in html
    assert '<option value="en" lang="en" selected>' in html
    for address in (
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        f"/members/{alpha.vera.id}/remove/",
    ):
        assert f'href="{address}"' in html, address
    assert "Viewer Looks on and changes nothing." in words(answer)


def test_a_new_name_is_kept_and_stands_above_the_page(alpha: Company) -> None:
    client = signed_in(alpha.tom)
    said = said_after(client, client.post(PROFILE, {"full_name": "  Tom   Ate ", "language": "en"}))
    assert "Your profile is saved." in said
    assert "Tom Ate tom@example.com" in said
    assert User.objects.get(pk=alpha.tom.user.pk).full_name == "Tom Ate"


def test_a_new_language_counts_at_once(alpha: Company) -> None:
    client = signed_in(alpha.tom)
    answer = client.post(PROFILE, {"full_name": "Tom", "language": "de"})
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
    assert '<html lang="de">' in client.get(answer["Location"]).content.decode()
    assert User.objects.get(pk=alpha.tom.user.pk).language == "de"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("full_name", "   ", "Please enter your name."),
        ("full_name", "T" * 151, "Please use at most 150 letters."),
        ("full_name", "Tom\u0007", "Please use letters, digits and punctuation only."),
        ("language", "fr", "Please choose one of the languages."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_kept(
    alpha: Company, field: str, typed: str, sentence: str
) -> None:
    given = {"full_name": "Tommy", "language": "de"} | {field: typed}
    answer = signed_in(alpha.tom).post(PROFILE, given)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'id="{field}-error"' in html
    assert sentence in words(answer)
    assert f'name="full_name" value="{given["full_name"]}"' in html
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    kept = User.objects.get(pk=alpha.tom.user.pk)
    assert (kept.full_name, kept.language) == ("Tom", "en")


def test_a_person_without_an_account_has_a_profile_too(town_clock: None) -> None:
    answer = signed_in(person("Nora")).get(PROFILE)
    assert answer.status_code == 200
    assert "You belong to no account yet." in words(answer)


@pytest.mark.parametrize(
    "address", ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"]
)
def test_the_pages_of_the_sign_in_stand_in_our_frame_with_their_tab(alpha: Company, address: str) -> None:
    alpha.tom.user.set_password("a good long secret")
    alpha.tom.user.save()
    answer = signed_in(alpha.tom).get(address)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'class="tabs__tab" href="{address}" aria-current="page"' in html
    assert "<c-" not in html
