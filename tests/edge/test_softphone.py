"""The telephone in the browser, in a real one: both sides hear each other, and the page says what went wrong.

Every test here drives Chromium: its loop must run before the edge's database stands in for the default one.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from switchroom.phonesystems.edges.kamailio import relay
from tests.conftest import CHROMIUM
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.test_dana_buys import ECHO, portal, signed_in
from tests.edge.test_registering import said

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: sudo apt install chromium"),
    pytest.mark.skipif(
        relay.program() is None, reason="rtpengine is not installed: sudo apt install rtpengine-daemon"
    ),
]
WITH_SOUND = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)
KEEP_CONNECTIONS = """
    window.connections = [];
    const Plain = RTCPeerConnection;
    window.RTCPeerConnection = class extends Plain {
        constructor(...how) { super(...how); connections.push(this); }
    };
"""
ENERGY = """async () => {
    const report = await window.connections.at(-1).getStats();
    return [...report.values()].find((one) => one.type === "inbound-rtp")?.totalAudioEnergy ?? 0;
}"""
AUDIBLE = 0.001


@pytest.fixture(scope="module")
def address(edge_town: EdgeTown) -> Iterator[str]:
    """Where the portal of the edge's installation is."""
    with portal(edge_town) as address:
        yield address


@pytest.fixture(scope="module")
def with_sound(playwright: Playwright, address: str) -> Iterator[Browser]:
    """A browser whose microphone hears beeps."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*WITH_SOUND])
    yield browser
    browser.close()


@pytest.fixture
def carrier_with_echo(edge_town: EdgeTown) -> Iterator[None]:
    """The carrier sends back what it hears, as long as the test runs."""
    before = edge_town.carrier.description
    with echo() as edge_town.carrier.description:
        yield
    edge_town.carrier.description = before


def test_two_tabs_call_each_other_and_hear(edge_town: EdgeTown, address: str, with_sound: Browser) -> None:
    acme = edge_town.customer()
    visitor = signed_in(with_sound, address, acme)
    one = opens(visitor.page, address, acme)
    visitor.looks_at_it()
    switches_on(one, "20")
    other = opens(one.context.new_page(), address, acme)
    switches_on(other, "21")
    dials(one, "21")
    expect(state_of(other)).to_have_text("20 · 20 is calling.")
    other.get_by_role("button", name="Answer").click()
    for page, number in ((one, "21 · 21"), (other, "20 · 20")):
        expect(state_of(page)).to_have_text(f"Talking to {number}")
        hears(page)
    assert acme.lines_in_use() == 0
    one.get_by_role("button", name="Hang up").click()
    expect(state_of(other)).to_contain_text("The call has ended.")
    assert visitor.complaints == []
    one.context.close()


def test_the_echo_at_the_carrier_comes_back(
    edge_town: EdgeTown, address: str, with_sound: Browser, carrier_with_echo: None
) -> None:
    acme = edge_town.customer(lines=1)
    page = opens(signed_in(with_sound, address, acme).page, address, acme)
    switches_on(page, "20")
    page.get_by_role("button", name="Call the echo").click()
    expect(state_of(page)).to_have_text("Talking to +49 30 23125999")
    hears(page)
    assert acme.lines_in_use() == 1
    offered = edge_town.carrier.incoming[-1].body
    assert (" RTP/AVP " in offered, "a=candidate" in offered, "fingerprint" in offered) == (
        True,
        False,
        False,
    )
    page.get_by_role("button", name="Hang up").click()
    wait_for(lambda: acme.lines_in_use() == 0)
    page.context.close()


def test_without_a_line_the_page_says_so(edge_town: EdgeTown, address: str, with_sound: Browser) -> None:
    acme = edge_town.customer(lines=0)
    page = opens(signed_in(with_sound, address, acme).page, address, acme)
    switches_on(page, "20")
    dials(page, ECHO)
    expect(page.get_by_role("alert")).to_have_text(re.compile("All trunk lines are in use."))
    expect(state_of(page)).to_contain_text("Ready.")
    page.context.close()


def test_what_the_browser_lacks_is_said_in_words(
    edge_town: EdgeTown, address: str, browser: Browser, with_sound: Browser
) -> None:
    acme = edge_town.customer()
    page = opens(signed_in(browser, address, acme).page, address, acme)  # it may not use a microphone
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("microphone")
    expect(state_of(page)).to_have_text("Switched off.")
    page.context.close()
    page = signed_in(with_sound, address, acme).page
    page.route_web_socket(re.compile("^ws:"), lambda edge: edge.close())
    opens(page, address, acme)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("The telephone network does not answer."))
    page.context.close()


def test_desk_phone_and_browser_ring_together(edge_town: EdgeTown, address: str, with_sound: Browser) -> None:
    acme = edge_town.customer()
    caller, desk = acme.phone("20"), acme.phone("21")
    desk.answering = lambda _: None
    page = opens(signed_in(with_sound, address, acme).page, address, acme)
    switches_on(page, "21")
    calls: list[Any] = []
    calling = threading.Thread(target=lambda: calls.append(caller.call("21")))
    calling.start()
    expect(state_of(page)).to_contain_text("is calling.")
    wait_for(lambda: len(desk.incoming) == 1)
    assert desk.incoming[0].body == caller.description  # no browser there: nobody touched it
    page.get_by_role("button", name="Answer").click()
    calling.join()
    assert said(calls[0]) == (200, "OK")
    assert (" RTP/AVP " in calls[0].final.body, "fingerprint" in calls[0].final.body) == (True, False)
    wait_for(lambda: len(desk.ended) == 1)  # it stops ringing
    again = caller.within(calls[0], "INVITE")  # as phones do to hold or to go on
    again.headers.append(("content-type", "application/sdp"))
    again.body = caller.description
    answer = caller.answer_to(again)
    calls[0].cseq += 1
    assert said(answer) == (200, "OK")
    assert (" RTP/AVP " in answer.body, "fingerprint" in answer.body) == (True, False)
    assert calls[0].hang_up() == 200
    expect(state_of(page)).to_contain_text("The call has ended.")
    page.context.close()


def opens(page: Page, address: str, tenant: Tenant) -> Page:
    page.add_init_script(KEEP_CONNECTIONS)
    page.goto(address + reverse("portal:softphone", args=[tenant.customer.subscription_id]))
    return page


def switches_on(page: Page, extension: str) -> None:
    page.get_by_label("Be this endpoint").select_option(label=f"{extension} · {extension}")
    page.get_by_role("button", name="Switch on").click()
    expect(state_of(page)).to_have_text(f"Ready. Others reach you at extension {extension}.")


def dials(page: Page, number: str) -> None:
    page.get_by_label("Extension or phone number").fill(number)
    page.get_by_role("button", name="Call", exact=True).click()


def state_of(page: Page) -> Locator:
    return page.get_by_role("status")


def hears(page: Page) -> None:
    """This function will wait until what comes from the other side is no silence."""
    wait_for(lambda: float(page.evaluate(ENERGY)) > AUDIBLE)


@contextmanager
def echo() -> Iterator[str]:
    """This function will send back every packet of voice while the block runs, and describe where (SDP)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as voice:
        voice.bind(("127.0.0.2", 0))
        voice.settimeout(0.1)
        is_over = threading.Event()

        def work() -> None:
            while not is_over.is_set():
                try:
                    packet, source = voice.recvfrom(2_048)
                except TimeoutError:
                    continue
                voice.sendto(packet, source)

        working = threading.Thread(target=work)
        working.start()
        port = voice.getsockname()[1]
        yield (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )
        is_over.set()
        working.join()
