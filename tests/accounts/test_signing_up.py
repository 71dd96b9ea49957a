"""Signing up in the browser's language, and the letters of the sign-in library."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from switchroom.accounts.models import Language, User
from switchroom.plumbing import outbox
from tests.accounts.conftest import Person

pytestmark = pytest.mark.django_db
Letters = Callable[[], list[EmailMessage]]
TYPED = {"full_name": "Dana Dorn", "email": "Dana@example.com", "password1": "correct horse battery"}


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_person_signs_up_with_name_address_and_code(client: Client, letters: Letters) -> None:
    answer = client.post(reverse("account_signup"), TYPED)
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_email_verification_sent"))
    user = User.objects.get()
    assert (user.email, user.full_name, user.language) == ("dana@example.com", "Dana Dorn", Language.ENGLISH)
    outbox.drain()
    (letter,) = letters()
    code = letter["Subject"].split()[0]
    assert code in text_of(letter)
    assert "Welcome!" in text_of(letter)
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert EmailAddress.objects.get(user=user).verified


def test_the_language_of_the_page_becomes_the_persons(client: Client) -> None:
    client.post(reverse("account_signup"), TYPED, headers={"accept-language": "de"})
    assert User.objects.get().language == Language.GERMAN


def test_a_sign_up_without_a_name_is_refused(client: Client) -> None:
    answer = client.post(reverse("account_signup"), {**TYPED, "full_name": " "})
    assert answer.status_code == 200
    assert "full_name" in answer.context["form"].errors
    assert not User.objects.exists()


def test_the_form_asks_for_the_name_first(client: Client) -> None:
    form = client.get(reverse("account_signup")).context["form"]
    assert list(form.fields) == ["full_name", "email", "password1"]


def test_who_signs_up_twice_gets_a_letter_and_no_second_user(
    client: Client, letters: Letters, person: Person
) -> None:
    person("Dana")
    client.post(reverse("account_signup"), TYPED)
    assert User.objects.count() == 1
    outbox.drain()
    (letter,) = letters()
    assert letter["Subject"] == "You have signed up already"
    assert re.search(r"http://\S+/password/reset/", text_of(letter))


def test_a_letter_speaks_the_readers_language_whatever_the_pages(
    client: Client, letters: Letters, person: Person
) -> None:
    User.objects.filter(pk=person("Dana").pk).update(language=Language.GERMAN)
    client.post(reverse("account_reset_password"), {"email": "dana@example.com"})
    outbox.drain()
    (letter,) = letters()
    html = letter.get_body(("html",))
    assert html is not None
    assert '<html lang="de">' in html.get_content()
    assert letter["Subject"].endswith("ist Ihr Code für ein neues Passwort")


def test_a_new_password_can_be_asked_for_by_an_unknown_address(client: Client, letters: Letters) -> None:
    client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    outbox.drain()
    (letter,) = letters()
    assert letter["Subject"] == "This address is not known here"
    assert reverse("account_signup") in text_of(letter)


def test_a_changed_password_is_told(client: Client, letters: Letters, person: Person) -> None:
    user = person("Dana")
    user.set_password("correct horse battery")
    user.save()
    client.force_login(user)
    client.post(
        reverse("account_change_password"),
        {
            "oldpassword": "correct horse battery",
            "password1": "staple horse battery",
            "password2": "staple horse battery",
        },
    )
    outbox.drain()
    (letter,) = letters()
    assert "Your password has been changed." in text_of(letter)
    assert "127.0.0.1" in text_of(letter)
