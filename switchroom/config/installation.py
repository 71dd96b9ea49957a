"""What differs from one installation to the next, read once from the environment.

Every setting is an environment variable with the prefix ``SWITCHROOM_``; the defaults are those of the
embedded installation: one SQLite file, one process, German law. Nothing else in the project reads the
environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Installation(BaseSettings):
    """The provider's own settings."""

    model_config = SettingsConfigDict(env_prefix="SWITCHROOM_", frozen=True)

    data_dir: Path = Field(Path("var"), description="Folder of the SQLite file, mails and backups.")
    database_url: str = Field(
        "", description="postgresql://user:password@host:port/name; empty means SQLite in data_dir."
    )
    secret_key: str = Field(
        "", description="Key of sessions and signatures; empty means one made in data_dir."
    )
    debug: bool = Field(False, description="Show technical error pages. Never in production.")
    allowed_hosts: list[str] = Field(["localhost", "127.0.0.1", "[::1]"], description="Host names served.")
    base_url: str = Field(
        "http://localhost:8000", description="Where members find the portal; used in mails."
    )
    time_zone: str = Field("Europe/Berlin", description="The provider's zone: contract days are days here.")
    country: str = Field("DE", description="ISO 3166 code of the provider's country.")
    currency: str = Field("EUR", description="ISO 4217 code; one currency per provider.")
    provider_name: str = Field(
        "Switchroom Demo Telecom GmbH", description="The provider's name on documents."
    )
    provider_address: str = Field(
        "Musterstraße 1\n10115 Berlin", description="The provider's address on documents."
    )
    provider_email: str = Field("", description="Where members write to for help; empty names none.")
    provider_phone: str = Field("", description="Where members call for help; empty names none.")
    provider_vat_id: str = Field("DE123456788", description="The provider's VAT id on documents.")
    provider_iban: str = Field(
        "DE02120300000000202051", description="Bank account named on invoices; empty names none."
    )
    sip_domain: str = Field("phones.example.com", description="Phone systems live at NAME.<sip_domain>.")
    telephone_edge: Literal["recorder"] = Field(
        "recorder", description="What carries out changes of phone systems; recorder only notes them down."
    )
    emergency_numbers: list[str] = Field(
        ["110", "112"], description="Never endpoints' extensions; calls to them always pass."
    )
    invoice_prefix: str = Field("R", description="Invoice numbers read PREFIX-YEAR-000001.")
    payment_days: int = Field(14, ge=0, description="Days from an invoice's issue to the day it is due.")
    mail_url: str = Field(
        "file:",
        description="file: writes each mail below data_dir/mail; smtp://user:password@host:port sends.",
    )
    mail_from: str = Field("Switchroom <no-reply@example.com>", description="Sender of every mail.")
    movable_clock: bool = Field(
        False, description="An installation for trying: the day can be moved by hand. Never in production."
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        description="How many proxies stand before the web server; 0 means their headers are not believed.",
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")


installation = Installation()
