"""Text as members type it into a field of one line: a name, a street, a city."""

from __future__ import annotations

from switchroom.rules.refusals import Refused, gettext_noop


def one_line(text: str, *, longest: int) -> str:
    """This function will return the text without needless space.

    Raises ``Refused`` (rule 8) when nothing is left, when it has more than ``longest`` characters, or when it
    holds characters that cannot be printed (PostgreSQL and SIP refuse some of them).
    """
    cleaned = text.strip()
    if not cleaned:
        raise Refused("8", gettext_noop("Please fill this in."))
    if len(cleaned) > longest:
        raise Refused("8", gettext_noop("Please use at most {longest} characters."), longest=longest)
    if not cleaned.isprintable():
        raise Refused(
            "8", gettext_noop("Please use only characters that can be printed, without line breaks.")
        )
    return cleaned
