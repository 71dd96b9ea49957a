"""What people say of themselves: their name, and the language in which we write to them."""

from __future__ import annotations

from switchroom.accounts.models import Language, User
from switchroom.rules.refusals import Refused, gettext_noop

LONGEST_NAME = 150


class ProfileRefused(Exception):
    """A profile cannot be kept; ``errors`` says for each wrong field why (field → Refused)."""

    def __init__(self, errors: dict[str, Refused]) -> None:
        super().__init__("; ".join(f"{field}: {error}" for field, error in errors.items()))
        self.errors = errors


def change_profile(*, user: User, full_name: str, language: str) -> None:
    """This function will keep a person's name and language.

    Raises ProfileRefused with all that is wrong; then the user stays as it was.
    """
    name = " ".join(full_name.split())
    errors: dict[str, Refused] = {}
    if not name:
        errors["full_name"] = Refused("1", gettext_noop("Please enter your name."))
    elif len(name) > LONGEST_NAME:
        errors["full_name"] = Refused(
            "1", gettext_noop("Please use at most {longest} letters."), longest=LONGEST_NAME
        )
    elif not name.isprintable():
        errors["full_name"] = Refused("1", gettext_noop("Please use letters, digits and punctuation only."))
    if language not in Language.values:
        errors["language"] = Refused("1", gettext_noop("Please choose one of the languages."))
    if errors:
        raise ProfileRefused(errors)
    user.full_name, user.language = name, language
    user.save(update_fields=["full_name", "language"])
