"""Who signs in: one person for each address, however it is capitalised."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from switchroom.accounts.models import User

pytestmark = pytest.mark.django_db


def test_it_keeps_an_address_in_lower_case() -> None:
    assert User.objects.create_user(" Alice@Example.COM ").email == "alice@example.com"


def test_it_finds_a_user_however_the_address_is_capitalised() -> None:
    user = User.objects.create_user("alice@example.com")
    assert User.objects.get_by_natural_key("ALICE@example.com") == user


def test_it_lets_in_with_the_right_password_only() -> None:
    user = User.objects.create_user("alice@example.com", "correct horse battery")
    assert authenticate(None, email="Alice@example.com", password="correct horse battery") == user
    assert authenticate(None, email="alice@example.com", password="wrong horse battery") is None


def test_it_refuses_a_second_user_of_the_same_address() -> None:
    User.objects.create_user("alice@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ALICE@example.com")


def test_it_refuses_an_address_in_capitals_in_the_database_too() -> None:
    user = User.objects.create_user("alice@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Alice@example.com")


def test_a_form_puts_an_address_into_lower_case_before_it_checks() -> None:
    user = User(email="Alice@Example.com", password="!")
    user.full_clean()
    assert user.email == "alice@example.com"
    with pytest.raises(ValidationError):
        User(email="no address", password="!").full_clean()


def test_an_operator_may_enter_the_back_office_and_a_customer_may_not() -> None:
    operator = User.objects.create_superuser("op@example.com", "correct horse battery")
    customer = User.objects.create_user("alice@example.com")
    assert (operator.is_staff, operator.is_superuser) == (True, True)
    assert (customer.is_staff, customer.is_superuser) == (False, False)


def test_it_is_named_by_its_address_until_it_has_a_name() -> None:
    user = User(email="alice@example.com")
    assert user.get_full_name() == "alice@example.com"
    user.full_name = "Alice Adler"
    assert (user.get_full_name(), user.get_short_name()) == ("Alice Adler", "Alice Adler")
