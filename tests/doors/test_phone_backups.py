"""Backups as pages: made, taken home under a passphrase, brought back, looked at, restored (rule 8.5)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from switchroom.phonesystems import sealing
from switchroom.phonesystems.models import Backup, Endpoint
from switchroom.plumbing.audit_trail import story_of
from tests.cast import Customer, Town
from tests.doors.store import Shopper, words

pytestmark = pytest.mark.django_db
WORDS = "correct horse battery"
TYPED: dict[str, Any] = {"passphrase": WORDS, "again": WORDS}


class Quick:
    """Stands in for a passphrase's costly encryption, which takes a second or two each time."""

    @staticmethod
    def encrypt(content: bytes, words: str) -> bytes:
        return words.encode() + b"|" + content

    @staticmethod
    def decrypt(file: bytes, words: str) -> bytes:
        if not file.startswith(words.encode() + b"|"):
            raise pyrage.DecryptError
        return file.partition(b"|")[2]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "passphrase", Quick)


@pytest.fixture
def erik(town: Town) -> Customer:
    """Erik with two licences: six endpoints and two numbers are included; two endpoints are set up."""
    return town.on("2026-06-01").customer("Erik").grows_to(one=2).sets_up(endpoints=2)


def told(customer: Customer) -> list[str]:
    return [event.kind for event in story_of(subscription_id=customer.subscription.id)]


def uploaded(content: bytes, words: str = WORDS) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("erik.zip.age", content), "passphrase": words}


def test_one_is_made_and_listed(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    assert "There is no backup yet" in words(shopper.opens("backups", subscription))
    assert "There is no backup yet." in words(shopper.opens("phone_system", subscription))
    assert shopper.sends("backups", subscription)["Location"] == f"/phone-systems/{subscription}/backups/"
    said = words(shopper.opens("backups", subscription))
    assert "The backup is made. It is encrypted and kept here for you." in said
    assert f"for {erik.user.email} 2 endpoints, 0 phone numbers not yet" in said
    assert "holds the last change" in words(shopper.opens("phone_system", subscription))
    erik.sets_up(endpoints=1)
    assert "Something has changed since" in words(shopper.opens("phone_system", subscription))


def test_it_is_taken_home_under_a_passphrase(erik: Customer) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    for typed, sentence in (
        ({}, "Please choose a passphrase of at least 12 characters."),
        ({"passphrase": "short", "again": "short"}, "Please choose a passphrase of at least 12 characters."),
        ({**TYPED, "again": "correct horse"}, "The two passphrases are not the same."),
    ):
        refused = shopper.sends("take_home", subscription, **typed)
        assert (refused.status_code, Backup.objects.count()) == (422, 0)
        assert sentence in words(refused)
        assert WORDS not in refused.content.decode()
    answer = shopper.sends("take_home", subscription, **TYPED)
    assert answer["Content-Disposition"].startswith('attachment; filename="erik-2026-06-01')
    assert answer["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(pyrage.passphrase.decrypt(answer.content, WORDS))) as archive:
        assert b"Desk 10" in archive.read("endpoints.json")
    assert told(erik)[-2:] == ["backup_made", "backup_downloaded"]
    assert Backup.objects.get().downloaded_at is not None


def test_who_takes_it_home_says_once_more_who_it_is(erik: Customer) -> None:
    erik.user.set_password("swordfish-1-2-3")
    erik.user.save()
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    page = f"/phone-systems/{subscription}/backups/download/"
    asked = shopper.opens("take_home", subscription)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    sent = shopper.sends("take_home", subscription, **TYPED)
    assert sent["Location"] == page
    assert WORDS not in str(dict(shopper.client.session))
    answer = shopper.client.post(asked["Location"], {"password": "swordfish-1-2-3", "next": page})
    assert answer["Location"] == page
    assert shopper.opens("take_home", subscription).status_code == 200


def test_it_comes_back_after_a_look_at_what_it_changes(erik: Customer, quick: None) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    file = shopper.sends("take_home", subscription, **TYPED).content
    Endpoint.objects.filter(extension="10").delete()
    shopper.sends("add_endpoint", subscription, name="Gate", extension="30")
    brought = shopper.sends("bring_back", subscription, **uploaded(file))
    backup = Backup.objects.get(kind="uploaded")
    assert brought["Location"] == f"/phone-systems/{subscription}/backups/{backup.id}/restore/"
    said = words(shopper.opens("restore", subscription, backup.id))
    assert "10 Desk 10 comes back" in said
    assert "30 Gate is removed" in said
    assert "1 endpoint stays as it is." in said
    assert "restored" not in told(erik), "nothing has changed yet"
    shopper.sends("restore", subscription, backup.id)
    assert "The backup is restored: 2 endpoints are set up." in words(
        shopper.opens("phone_system", subscription)
    )
    assert told(erik)[-1] == "restored"
    assert "everything is set up as it was saved" in words(shopper.opens("restore", subscription, backup.id))


def test_one_that_holds_too_many_is_shown_and_refused(erik: Customer, quick: None) -> None:
    shopper = Shopper(erik.user)
    file = shopper.sends("take_home", erik.subscription_id, **TYPED).content
    small = erik.starts_trial("Small")
    phone_system = small.phone_system
    assert phone_system is not None
    type(phone_system).objects.filter(id=phone_system.id).update(endpoint_limit=1)
    shopper.sends("bring_back", small.subscription_id, **uploaded(file))
    backup = Backup.objects.get(kind="uploaded")
    said = words(shopper.opens("restore", small.subscription_id, backup.id))
    assert "Your licences include 1, so it cannot be restored. With 1 more endpoint it can." in said
    refused = shopper.sends("restore", small.subscription_id, backup.id)
    assert refused.status_code == 422
    assert "This backup holds 2 endpoints, but your licences include only 1." in words(refused)
    assert phone_system.endpoints.count() == 0


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (dict, "Please choose the file of a backup."),
        (lambda: uploaded(b"{}"), "This passphrase does not open the file"),
        (
            lambda: uploaded(Quick.encrypt(b"no backup", WORDS)),
            "This file cannot be read: it is empty, cut off or not a backup.",
        ),
    ],
)
def test_what_is_no_backup_is_refused_with_the_reason(
    erik: Customer, upload: Any, sentence: str, quick: None
) -> None:
    refused = Shopper(erik.user).sends("bring_back", erik.subscription_id, **upload())
    assert refused.status_code == 422
    assert sentence in words(refused)
    assert Backup.objects.count() == 0


def test_a_file_of_another_customer_is_refused(erik: Customer, quick: None) -> None:
    file = Shopper(erik.user).sends("take_home", erik.subscription_id, **TYPED).content
    dana = erik.town.customer("Dana").starts_trial()
    shopper = Shopper(dana.user)
    refused = shopper.sends("bring_back", dana.subscription_id, **uploaded(file))
    assert "This backup is of another customer" in words(refused)
    backup = Backup.objects.get()
    answers: list[HttpResponse] = [
        shopper.opens("restore", dana.subscription_id, backup.id),
        shopper.sends("restore", dana.subscription_id, backup.id),
        shopper.opens("take_one_home", dana.subscription_id, backup.id),
        shopper.sends("take_one_home", dana.subscription_id, backup.id, **TYPED),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4


def test_after_the_deletion_every_way_back_is_closed(erik: Customer, quick: None) -> None:
    shopper, subscription = Shopper(erik.user), erik.subscription_id
    file = shopper.sends("take_home", subscription, **TYPED).content
    backup = Backup.objects.get()
    erik.cancels()
    erik.town.on("2027-06-01")
    away = f"/subscriptions/{subscription}/"
    for route, which in (("backups", ()), ("take_home", ()), ("bring_back", ()), ("restore", (backup.id,))):
        assert shopper.opens(route, subscription, *which)["Location"] == away
    assert shopper.sends("bring_back", subscription, **uploaded(file))["Location"] == away
    assert shopper.sends("restore", subscription, backup.id)["Location"] == away
