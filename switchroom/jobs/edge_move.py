"""``switchroom edge move``: gives phone systems another home edge and standby."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from switchroom.phonesystems.homes import move
from switchroom.phonesystems.models import PhoneSystem
from switchroom.plumbing import clock
from switchroom.plumbing.wording import refusal
from switchroom.rules.refusals import Refused


def main(argv: Sequence[str]) -> int:
    """This function will move what is named, each in a transaction of its own, and say so; 1 when nothing of
    that name is there or the move is refused.
    """
    parser = argparse.ArgumentParser(
        prog="switchroom edge move",
        description="Gives phone systems another home edge and standby. Calls that run stay where they are.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "name", nargs="?", metavar="NAME", help="a phone system's SIP domain, or its first part"
    )
    which.add_argument("--all-of", metavar="EDGE", help="all phone systems with this home")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="EDGE", default="", help="their home from now on")
    where.add_argument("--everywhere", action="store_true", help="no home: all edges serve them")
    parser.add_argument("--standby", metavar="EDGE", default="", help="serves them while their home is dead")
    said = parser.parse_args(argv)
    chosen = _chosen(said.name, said.all_of)
    if not chosen:
        print(f"No phone system has the home {said.all_of}." if said.all_of else _nobody(said.name))
        return 1
    moved = 0
    for phone_system in chosen:
        try:
            with transaction.atomic():
                moved += move(phone_system=phone_system, home=said.to, standby=said.standby, at=clock.now())
        except Refused as refused:
            print(f"{phone_system.sip_label}: {refusal(refused)}")
            return 1
    home = f"at {said.to}" if said.to else "at every edge"
    standby = f", with {said.standby} as the standby" if said.standby else ""
    unchanged = f"; {len(chosen) - moved} were already" if moved < len(chosen) else ""
    print(f"{moved} phone system{'s' * (moved != 1)} moved: now {home}{standby}{unchanged}.")
    return 0


def _chosen(name: str | None, home: str | None) -> list[PhoneSystem]:
    if home:
        return list(PhoneSystem.objects.filter(home_edge=home).order_by("sip_label"))
    label = (name or "").lower().removesuffix(f".{settings.INSTALLATION.sip_domain}")
    return list(PhoneSystem.objects.filter(sip_label=label))


def _nobody(name: str) -> str:
    return f"There is no phone system {name}. Name it by its SIP domain, as its page in the portal shows it."
