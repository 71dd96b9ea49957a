"""What each portal page costs: its queries, and its median milliseconds beside an empty Django view.

The demo town is built in a folder of its own and asked in this process through Django's test client, so all
middleware takes part. Rounds of all pages and of the empty view alternate in the same run. The empty view
passes the same middleware, which reads session and person, and draws nothing; a page asks the database up to
ten times more and draws some hundred components. What is bounded is the ratio, since milliseconds are the
machine's. The dearest page, the story of a year, takes about 50 times the empty view; the bound is twice
that, so that it is met on a busy machine and missed by a page that has become twice as dear.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench._report import result
from bench._side_by_side import seconds_each

if TYPE_CHECKING:
    from django.test import Client

MOST_QUERIES = 12
HIGHEST_RATIO = 100
EMPTY = "/empty/"


def main(quick: bool) -> dict[str, Any]:
    """This function will measure and give the figures; ``quick`` takes fewer rounds."""
    with tempfile.TemporaryDirectory(prefix="switchroom-pages-") as folder:
        _open_town(folder)
        from django.db import connection

        pages = _pages()
        asks = {name: _asking(client, address) for name, (client, address) in pages.items()}
        queries = {name: _queries_of(ask) for name, ask in asks.items()}
        seconds = seconds_each(asks, calls=1, rounds=9 if quick else 51)
        connection.close()
    figures: dict[str, float] = {}
    print(f"{'page':24} {'queries':>8} {'ms':>8} {'ratio':>8}")
    for name, taken in seconds.items():
        ratio = taken / seconds["empty"]
        print(f"{name:24} {queries[name]:>8} {taken * 1000:>8.1f} {ratio:>8.1f}")
        figures[f"{name}_ms"] = round(taken * 1000, 1)
        if name != "empty":
            figures[f"{name}_ratio"] = round(ratio, 1)
            figures[f"{name}_queries"] = queries[name]
    must = {figure: MOST_QUERIES for figure in figures if figure.endswith("_queries")}
    must |= {figure: HIGHEST_RATIO for figure in figures if figure.endswith("_ratio")}
    return result("pages", figures, at_most=must)


def _open_town(folder: str) -> None:
    """An installation of its own: the demo town, with an empty view beside the portal's."""
    for name in [name for name in os.environ if name.startswith("SWITCHROOM_")]:
        del os.environ[name]
    os.environ |= {"SWITCHROOM_DATA_DIR": folder, "SWITCHROOM_MOVABLE_CLOCK": "true"}
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth.decorators import login_not_required
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from switchroom.config import urls
    from switchroom.demo.command import open_town

    @login_not_required
    def empty(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    settings.ALLOWED_HOSTS = ["testserver"]
    urls.urlpatterns.insert(0, path(EMPTY.strip("/") + "/", empty))
    open_town()


def _pages() -> dict[str, tuple[Client, str]]:
    """Every kind of page, with somebody who sees all of it."""
    from django.test import Client
    from django.urls import reverse

    from switchroom.accounts.models import User
    from switchroom.billing.models import Invoice
    from switchroom.demo.town import DANA, ERIK, FARAH, GUSTAV
    from switchroom.subscriptions.models import Subscription

    def signed_in(email: str) -> Client:
        client = Client()
        client.force_login(
            User.objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    def of(name: str, email: str) -> str:
        subscription = Subscription.objects.get(account__members__user__email=email)
        return reverse(f"portal:{name}", args=[subscription.id])

    dana, erik, farah, gustav = (signed_in(one.email) for one in (DANA, ERIK, FARAH, GUSTAV))
    steps = _walk_to_the_overview(dana, of("upgrade", DANA.email))
    invoice = Invoice.objects.filter(account__members__user__email=ERIK.email).latest("number")
    plain = ("subscriptions", "credits", "invoices", "phone_systems", "members", "account", "profile", "help")
    return {
        "empty": (erik, EMPTY),
        **{name: (erik, reverse(f"portal:{name}")) for name in plain},
        "subscription": (gustav, of("subscription", GUSTAV.email)),
        "invoice": (erik, reverse("portal:invoice", args=[invoice.id])),
        "phone_system": (erik, of("phone_system", ERIK.email)),
        "take_number": (erik, of("take_number", ERIK.email) + "?area=Hamburg"),
        "reduce": (gustav, of("reduce", GUSTAV.email)),
        "cancel": (erik, of("cancel", ERIK.email)),
        "cancelled": (farah, of("cancel", FARAH.email)),
        "start_trial": (dana, reverse("portal:start_trial")),
        **{name: (dana, address) for name, address in steps.items()},
    }


def _walk_to_the_overview(client: Client, upgrade: str) -> dict[str, str]:
    """The addresses of the wizard's steps, each of which can be opened."""
    here = client.post(upgrade).headers["Location"]
    steps = {}
    typed = {"one": "4", "service_level": "basic", "next": "1"}
    while not here.endswith("/overview/"):
        steps[here.split("/")[-2].replace("-", "_")] = here
        if here.endswith("/billing-address/"):
            typed |= _address_of(client)
        here = client.post(here, typed).headers["Location"]
    return {**steps, "overview": here}


def _address_of(client: Client) -> dict[str, str]:
    from django.forms.models import model_to_dict

    from switchroom.accounts.models import BillingAddress

    address = BillingAddress.objects.get(account__members__user_id=client.session["_auth_user_id"])
    return {name: str(value) for name, value in model_to_dict(address).items()}


def _asking(client: Client, address: str) -> Callable[[], None]:
    def ask() -> None:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")

    return ask


def _queries_of(ask: Callable[[], None]) -> int:
    """Counted after a first call, as pages are asked more than once."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)
