"""What must be right before anything is timed: exactly as many calls as lines, and not one more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bench._edge_place import SECRET, Party
from bench._edge_running import Edge, NotMeasured, wait_for
from tests.edge.phone import Call, Phone

OUTSIDE = "+493012345678"
LINES, AT_ONCE = 10, 40
IS_REFUSED = (486, "All Trunk Lines Busy")
SECONDS = 10.0


def check_limit(edge: Edge, party: Party) -> None:
    """This function will raise NotMeasured unless the edge admits exactly the lines of a phone system,
    however many call at once, and refuses the next call as rule 8.1 says.
    """
    _give(edge, party, LINES)
    phone = Phone(edge.address, party.domain, party.user, SECRET)
    try:
        with ThreadPoolExecutor(AT_ONCE) as hands:
            calls = list(hands.map(lambda _: phone.call(OUTSIDE), range(AT_ONCE)))
        answered = [call for call in calls if call.status == 200]
        refused = {said(call) for call in calls if call.status != 200}
        if (len(answered), refused) != (LINES, {IS_REFUSED}):
            raise NotMeasured(
                f"Of {AT_ONCE} calls at once on {LINES} lines {len(answered)} were answered, "
                f"the others with {refused}."
            )
        answered.pop().hang_up()
        wait_for(lambda: edge.lines_in_use(party.label) == LINES - 1, SECONDS, "A line was not given back.")
        answered.append(phone.call(OUTSIDE))
        told = said(answered[-1]), said(phone.call(OUTSIDE))
        if told != ((200, "OK"), IS_REFUSED):
            raise NotMeasured(f"One call more and one too many were answered with {told}.")
        for call in answered:
            call.hang_up()
        wait_for(lambda: edge.lines_in_use(party.label) == 0, SECONDS, "Lines were not given back.")
    finally:
        phone.vanish()


def check_no_limit(edge: Edge, party: Party) -> None:
    """This function will raise NotMeasured unless an edge without the limit admits more calls than lines:
    else it would not be what the shipped one is compared with.
    """
    phone = Phone(edge.address, party.domain, party.user, SECRET)
    try:
        calls = [phone.call(OUTSIDE) for _ in range(LINES + 1)]
        if any(call.status != 200 for call in calls):
            raise NotMeasured(f"The edge {edge.name} still limits trunk lines.")
        for call in calls:
            call.hang_up()
    finally:
        phone.vanish()


def said(call: Call) -> tuple[int, str]:
    """This function will return what a call was answered with."""
    return call.status, call.reason


def _give(edge: Edge, party: Party, lines: int) -> None:
    from switchroom.phonesystems.models import PhoneSystem

    PhoneSystem.objects.filter(id=party.id).update(trunk_lines=lines)
    wait_for(edge.is_current, SECONDS, "The edge did not follow a change of trunk lines.")
