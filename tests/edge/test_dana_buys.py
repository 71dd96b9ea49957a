"""Dana buys two more trunk lines in the browser, and the call that was refused before is answered."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, expect

from tests.architecture.source import ROOT
from tests.browser.visitor import Visitor
from tests.conftest import CHROMIUM
from tests.edge.conftest import EdgeTown, Tenant, wait_for
from tests.edge.test_registering import said
from tests.installations import address_of, environment_of

OUTSIDE = "+493012345678"
ECHO = "+493023125999"
BUSY = (486, "All Trunk Lines Busy")


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: sudo apt install chromium")
def test_what_dana_buys_is_admitted_at_once(edge_town: EdgeTown, browser: Browser) -> None:
    customer = edge_town.town.customer("Dana").grows_to(one=1).sets_up(numbers=1)
    dana = Tenant(edge_town, customer)
    dana.adds_endpoint("20")
    edge_town.follows()
    phone = dana.phone("20")
    calls = [phone.call(OUTSIDE), phone.call(OUTSIDE)]
    assert [said(call) for call in calls] == [(200, "OK")] * 2
    assert said(phone.call(OUTSIDE)) == BUSY
    with portal(edge_town) as address:
        visitor = signed_in(browser, address, dana)
        buys_two_more_lines(visitor)
        expect(visitor.page.locator("#in-force")).to_contain_text("In force now")
        calls.append(phone.call(OUTSIDE))
        assert said(calls[-1]) == (200, "OK")
        calls.append(phone.call(OUTSIDE))
        assert (said(calls[-1]), said(phone.call(OUTSIDE))) == ((200, "OK"), BUSY)
        visitor.goes_to("Phone systems")
        visitor.presses("Dana")
        expect(visitor.page.locator("#in-use")).to_contain_text("4 of 4")
        for call in calls:
            call.hang_up()
        expect(visitor.page.locator("#in-use")).to_contain_text("0 of 4", timeout=10_000)
        assert visitor.complaints == []
        visitor.page.context.close()


def buys_two_more_lines(visitor: Visitor) -> None:
    visitor.opens("/")
    visitor.presses("Dana")
    visitor.presses("Upgrade")
    visitor.finds("1 booked")
    visitor.page.get_by_role("textbox", name="Extra trunk line").fill("2")
    visitor.sees_figures(monthly="23.00")
    for question in ("Where do your invoices go?", "How do you pay?"):
        visitor.presses("Continue")
        visitor.finds(question)
    visitor.presses("Continue")
    visitor.finds("Is everything right?", "23.00 € net every month")
    visitor.presses("Order with obligation to pay")


def signed_in(browser: Browser, address: str, dana: Tenant) -> Visitor:
    client = Client()
    client.force_login(dana.customer.user)
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return Visitor(context.new_page(), address, scripted=True)


@contextmanager
def portal(edge_town: EdgeTown) -> Iterator[str]:
    """The portal of this installation, with its worker, as a process of its own."""
    port, folder = edge_town.portal_port, Path(settings.INSTALLATION.data_dir)
    own = environment_of(folder, address_of(connection.settings_dict["NAME"]))
    environment = own | {
        "SWITCHROOM_TELEPHONE_EDGE": "kamailio",
        "SWITCHROOM_BASE_URL": edge_town.installation.base_url,
        "SWITCHROOM_SOFTPHONE_URL": edge_town.installation.softphone_url,
        "SWITCHROOM_SOFTPHONE_ECHO": ECHO,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "switchroom.config.cli"]
    with (folder / "web.log").open("w") as log:
        subprocess.run([*command, "prepare"], cwd=ROOT, env=environment, stdout=log, check=True)
        web = [*command, "web", "--port", str(port)]
        process = subprocess.Popen(web, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://localhost:{port}"
    try:
        wait_for(lambda: is_open(address), seconds=30)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def is_open(address: str) -> bool:
    with suppress(urllib.error.URLError), urllib.request.urlopen(f"{address}/healthz"):
        return True
    return False
