"""What differs from one installation to the next, read once from the environment.

Every setting is an environment variable with the prefix ``SWITCHROOM_``; the defaults are those of the
embedded installation: one SQLite file, one process, German law. Nothing else in the project reads the
environment.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_HOST = r"(?:[0-9a-zA-Z.-]+|\[[0-9a-fA-F:]+\])"


def _reads(pattern: str, shape: str) -> AfterValidator:
    """A text must match the whole pattern; whoever writes it otherwise is told its shape."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} must read {shape}")
        return text

    return AfterValidator(check)


EdgeAddress = Annotated[
    str,
    _reads(
        rf"(udp|tcp|tls|ws|wss):{_HOST}:[0-9]{{1,5}}( advertise {_HOST}(:[0-9]{{1,5}})?)?",
        "udp:ADDRESS:PORT (or tcp, tls, ws, wss), and may end in: advertise ADDRESS:PORT",
    ),
]
"""Transport, address and port, and what others are to be told instead of them."""

WebSocketUrl = Annotated[str, _reads(r"(wss?://[^\s;,'\"]+)?", "ws://… or wss://…")]


class Carrier(BaseModel):
    """A peer that takes calls to the public telephone network and brings those from it."""

    model_config = ConfigDict(frozen=True)

    address: Annotated[
        str,
        _reads(rf"{_HOST}:[0-9]{{1,5}}(;transport=(udp|tcp))?", "ADDRESS:PORT, or …;transport=tcp"),
    ]
    format: Literal["plus", "bare", "international"] = "plus"
    """How it writes numbers: +4930…, 4930… or 004930…"""
    prefix: Annotated[str, _reads(r"[0-9*#]{0,8}", "at most eight of the digits, * and #")] = ""
    """What it wants before a called number."""


class EdgeAt(BaseModel):
    """One of several telephone edges."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, _reads("[a-z0-9-]{1,32}", "a name of small letters, digits and dashes")]
    """Its SWITCHROOM_EDGE_NODE."""
    address: Annotated[str, _reads(rf"{_HOST}:[0-9]{{1,5}}", "ADDRESS:PORT")]
    """Where the others reach it, by UDP."""
    browsers: WebSocketUrl = ""
    """Where browsers reach it; empty means SWITCHROOM_SOFTPHONE_URL."""


class Installation(BaseSettings):
    """The provider's own settings."""

    model_config = SettingsConfigDict(env_prefix="SWITCHROOM_", frozen=True)

    data_dir: Path = Field(Path("var"), description="Folder of the SQLite file, mails and backups.")
    backup_dir: str = Field(
        "", description="Folder of phone systems' backups; empty means backups in data_dir."
    )
    key_dir: str = Field("", description="Folder of the keys of those backups; empty means keys in data_dir.")
    database_url: str = Field(
        "", description="postgresql://user:password@host:port/name; empty means SQLite in data_dir."
    )
    secret_key: str = Field(
        "", description="Key of sessions and signatures; empty means one made in data_dir."
    )
    former_secret_keys: list[str] = Field(
        [], description="Keys it had before, newest first: what they signed or sealed still counts."
    )
    master_key: Annotated[
        str, _reads("(AGE-SECRET-KEY-1[0-9A-Z]{58})?", "AGE-SECRET-KEY-1…, as age-keygen writes it")
    ] = Field("", description="Wraps the keys of backups; empty means one made in data_dir.")
    backup_days: int = Field(14, ge=1, description="Days for which a phone system's backups are kept.")
    backup_count: int = Field(30, ge=1, description="Most backups kept of one phone system.")
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
    telephone_edge: Literal["recorder", "kamailio"] = Field(
        "recorder",
        description="What carries out changes of phone systems: kamailio, or recorder that only notes them.",
    )
    edge_node: str = Field(
        "edge-1", pattern=r"^[a-z0-9-]{1,32}$", description="This edge's name among several."
    )
    edges: list[EdgeAt] = Field(
        [], description="All telephone edges where there are several; JSON as in docs/operating/edge.md."
    )
    edge_home: str = Field("", description="Home edge of new phone systems; empty: all edges serve them.")
    edge_standby: str = Field("", description="Standby of new phone systems that have a home.")
    edge_listen: list[EdgeAddress] = Field(
        ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"], description="Where phones and carriers reach the edge."
    )
    edge_tls_certificate: str = Field(
        "", description="PEM file for tls: and wss: in edge_listen: the certificate and those above it."
    )
    edge_tls_key: str = Field("", description="PEM file of the certificate's key.")
    edge_media_relay: Annotated[str, _reads(rf"({_HOST}:[0-9]{{1,5}})?", "ADDRESS:PORT")] = Field(
        "", description="Control address of rtpengine, which relays voice for browsers and behind NAT."
    )
    edge_redis: Annotated[
        str, _reads(r"(redis://([^\s@;\"]*@)?[^\s@;\"/]+(/[0-9]+)?)?", "redis://[:PASSWORD@]HOST:PORT")
    ] = Field("", description="Where several edges count trunk lines together; empty: each for itself.")
    softphone_url: WebSocketUrl = Field(
        "", description="Where browsers reach the edge: wss://HOST:PORT; empty means no softphone."
    )
    softphone_echo: Annotated[str, _reads(r"[0-9+]{0,16}", "a number")] = Field(
        "", description="A number that answers with an echo, for trying the softphone; empty names none."
    )
    edge_carriers: list[Carrier] = Field(
        [], description="Carriers, the first that answers is used; JSON as in docs/operating/edge.md."
    )
    edge_database_url: str = Field(
        "", description="Where the edge reads, with a role that may do no more; empty means database_url."
    )
    edge_copy: bool = Field(
        False, description="Whether the edge reads a copy of its own, so that it starts without the database."
    )
    edge_workers: int = Field(4, ge=1, le=64, description="Processes of the edge for each address.")
    edge_memory_mb: int = Field(256, ge=64, description="Memory that the edge's processes share.")
    edge_source_limit: int = Field(
        400, ge=10, le=65_535, description="More requests from one source within two seconds are a flood."
    )
    edge_ban_seconds: int = Field(600, ge=1, description="How long a banned source is not answered.")
    emergency_numbers: list[Annotated[str, _reads("[0-9]{2,6}", "two to six digits")]] = Field(
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
