"""What we ask of a person beyond an address and a password when they sign up: the name, nothing else."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from switchroom.accounts.models import User


class PersonForm(forms.Form):
    """The part of the sign-up form that is ours; the library adds address and password."""

    field_order = ("full_name", "email", "password1")

    full_name = forms.CharField(
        label=_("Full name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, _request: HttpRequest, user: User) -> None:
        """This function will keep the name, and the language in which the person signs up."""
        user.full_name = self.cleaned_data["full_name"]
        user.language = get_language() or settings.LANGUAGE_CODE
        user.save(update_fields=["full_name", "language"])
