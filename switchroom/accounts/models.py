"""Customers and the people who act for them.

An **account** is a customer organisation. A **member** is a person's membership in an account, with a role
that decides what that person may do there (``policy.py``). A **user** is the person who signs in, by an
e-mail address alone; one user may be a member of many accounts. An **invitation** is how a colleague becomes
a member.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from switchroom.plumbing.ids import new_id


class Language(models.TextChoices):
    """The languages in which we speak to people."""

    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")


class Role(models.TextChoices):
    """What a member is to an account; ``policy.py`` says what each may do."""

    OWNER = "owner", _("Owner")
    BILLING = "billing", _("Billing")
    TECHNICAL = "technical", _("Technical")
    VIEWER = "viewer", _("Viewer")


class PaymentMethod(models.TextChoices):
    """How an account pays."""

    INVOICE = "invoice", _("Invoice")


class Users(BaseUserManager["User"]):
    """Makes users and finds them by e-mail address, however it is capitalised."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """This function will make a user who signs in with ``email``; no password: only a reset lets in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """This function will make an operator who may look everything up in the back office."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in; operators are users too (``is_staff``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(
        _("e-mail address"), unique=True, help_text="Kept in lower case; names the person."
    )
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=Language,
        default=Language.ENGLISH,
        help_text="Of pages and mails.",
    )
    is_staff = models.BooleanField(default=False, help_text="An operator: may enter the back office.")
    is_active = models.BooleanField(default=True, help_text="Only active users can sign in.")

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="accounts_user_language"
            ),
        )

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """This function will put the address into the form in which it is kept, before a form checks it."""
        self.email = self.email.strip().lower()
        super().clean()

    def get_full_name(self) -> str:
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.get_full_name()


class AccountSeries(models.Model):
    """The one row from which account numbers come; whoever counts it up holds it until commit."""

    ONLY = 1
    FIRST_NUMBER = 10_001

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    last_number = models.PositiveIntegerField(default=FIRST_NUMBER - 1, help_text="The number given last.")

    class Meta:
        verbose_name_plural = "account series"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="accounts_one_series"),)

    def __str__(self) -> str:
        return f"C-{self.last_number}"


class Account(models.Model):
    """A customer organisation. Every journey locks this row first (``queries.lock_account``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(
        max_length=20,
        unique=True,
        editable=False,
        help_text="For people: C-10001. On every document, never changes.",
    )
    name = models.CharField(_("company name"), max_length=200)
    created_on = models.DateField(help_text="The local day on which it was opened.")
    payment_method = models.CharField(
        _("payment method"), max_length=20, choices=PaymentMethod, default=PaymentMethod.INVOICE
    )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_account_named"),
            models.CheckConstraint(
                condition=models.Q(payment_method__in=PaymentMethod.values),
                name="accounts_account_payment_method",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class BillingAddress(models.Model):
    """Where an account's invoices go; no row until the first order asks. Invoices keep their own copy."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, primary_key=True, related_name="billing_address", editable=False
    )
    company = models.CharField(_("company"), max_length=200)
    street = models.CharField(_("street and number"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=120)
    country = models.CharField(_("country"), max_length=2, help_text="ISO 3166 code, for example DE.")
    vat_id = models.CharField(
        _("VAT id"), max_length=20, blank=True, help_text="With country code, without spaces; empty: none."
    )
    invoice_email = models.EmailField(_("e-mail address for invoices"))

    class Meta:
        verbose_name_plural = "billing addresses"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(country__regex="^[A-Z]{2}$"), name="accounts_address_country"
            ),
        )

    def __str__(self) -> str:
        return f"{self.company}, {self.street}, {self.postal_code} {self.city}, {self.country}"


class Member(models.Model):
    """A person's membership in an account. Removing deletes the row; the audit trail keeps that it was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    joined_on = models.DateField(help_text="The local day on which the person became a member.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "user"], name="accounts_member_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_member_role"),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """A colleague asked to become a member. Open until it is accepted, withdrawn or past ``expires_at``.

    The token goes out by mail and is kept as a hash alone: a copied database lets nobody in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(
        _("e-mail address"), help_text="Whoever accepts must own this address; lower case."
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    token_hash = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, in hex."
    )
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(help_text="When the latest mail was sent off (UTC).")
    expires_at = models.DateTimeField(help_text="From this instant on it can no longer be accepted (UTC).")
    accepted_at = models.DateTimeField(null=True, help_text="When the colleague became a member (UTC).")
    withdrawn_at = models.DateTimeField(null=True, help_text="When it was called back or replaced (UTC).")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="accounts_invitation_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="accounts_invitation_accepted_or_withdrawn",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("invited_at")),
                name="accounts_invitation_expires_later",
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_invitation_email_lower_case"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_invitation_role"),
        )

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
