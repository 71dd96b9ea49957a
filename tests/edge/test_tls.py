"""TLS at the edge: for browsers and phones, 1.2 or newer, with the certificate that the settings name."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import warnings
from pathlib import Path

import pytest

from switchroom.phonesystems.edges.kamailio import relay
from tests.edge.conftest import EdgeTown, another_edge, free_port
from tests.edge.test_browsers import OK, login
from tests.edge.web_phone import WebSocket

pytestmark = [
    pytest.mark.skipif(
        relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
    ),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


def test_browsers_and_phones_come_by_tls(edge_town: EdgeTown, tmp_path: Path) -> None:
    acme = edge_town.customer()
    for_browsers, for_phones = free_port(), free_port()
    listen = [f"wss:127.0.0.1:{for_browsers}", f"tls:127.0.0.1:{for_phones}"]
    certificate, key = certificate_of_its_own(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with another_edge(
        edge_town, edge_listen=listen, edge_tls_certificate=str(certificate), edge_tls_key=str(key)
    ):
        origin = edge_town.installation.base_url
        with WebSocket(for_browsers, origin, tls=trusting) as browser:
            assert browser.registers(login(acme)) == OK
        with WebSocket(for_browsers, "https://evil.example.com", tls=trusting) as other:
            assert other.status == 403
        with WebSocket(for_phones, origin, tls=trusting) as astray:
            assert astray.status == 404  # browsers have an address of their own
        with (
            socket.create_connection(("127.0.0.1", for_phones)) as plain,
            pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"),  # said by the edge
        ):
            outdated().wrap_socket(plain, server_hostname="127.0.0.1")


def certificate_of_its_own(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "edge.pem", folder / "edge.key"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *made]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def outdated() -> ssl.SSLContext:
    """Somebody who knows nothing newer than TLS 1.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
