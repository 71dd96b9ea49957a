"""How a phone system is named: what the member typed, and the SIP label that follows from it.

The label is the first part of the phone system's SIP domain, so no two phone systems have the same one. It is
free again once its phone system is deleted; the random realm keeps devices of the former holder out.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

from django.conf import settings

from switchroom.phonesystems.lines import one_line
from switchroom.phonesystems.models import PhoneSystem
from switchroom.rules.refusals import Refused, gettext_noop

LONGEST_NAME = 63
LONGEST_LABEL = 63  # of a DNS label
ROOM_FOR_NUMBER = 6  # what a suggestion adds: a dash and a few digits

# What a provider may want below its own domain.
RESERVED = frozenset(
    word
    for words in (
        "admin api autoconfig autodiscover dns edge ftp help imap localhost login mail ns ns1 ns2 pop portal",
        "provisioning proxy root sip sips smtp status stun support turn webmail ws wss www xmpp",
    )
    for word in words.split()
)

_SPELLED_OUT = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
    }
)


def sip_label_from(name: str) -> str:
    """This function will return the SIP label of a name: lower case letters of ASCII, digits and single
    dashes.

    Umlauts are spelled out (``ä`` → ``ae``), accents dropped, everything else becomes a dash. Raises
    ``Refused`` (rule 8) for a name of which nothing is left, and for words that the provider keeps for
    itself.
    """
    cleaned = one_line(name, longest=LONGEST_NAME)
    spelled = unicodedata.normalize("NFC", cleaned).lower().translate(_SPELLED_OUT)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii").lower()
    label = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_LABEL].rstrip("-")
    if not label:
        raise Refused(
            "8",
            gettext_noop(
                "“{name}” holds no Latin letter and no digit, so it cannot become an address. "
                "Please choose another name."
            ),
            name=cleaned,
        )
    if label in RESERVED:
        raise Refused(
            "8",
            gettext_noop("“{name}” is kept for the provider. Please choose another name."),
            name=cleaned,
        )
    return label


def check_name_free(*, name: str) -> str:
    """This function will return the SIP label of a name that no phone system has.

    A follow-up's name is that of the phone system before it, which keeps it until the follow-up takes over
    (rule 7.6). Raises ``Refused`` (rule 3.1) with a free name in it, and whatever ``sip_label_from`` raises.
    Only the database can say it for good: ``setting_up.set_up`` asks it.
    """
    label = sip_label_from(name)
    if PhoneSystem.objects.filter(sip_label=label).exists():
        raise name_is_taken(name)
    return label


def name_is_taken(name: str) -> Refused:
    """This function will return the refusal of a name that another one holds, suggesting a free one."""
    return Refused(
        "3.1",
        gettext_noop("The name “{name}” is already taken. “{suggestion}” is free."),
        name=name.strip(),
        suggestion=_free_name_like(name.strip()),
    )


def sip_domain_of(phone_system: PhoneSystem) -> str:
    """This function will return the whole SIP domain, for example ``acme.phones.example.com``."""
    return f"{phone_system.sip_label}.{settings.INSTALLATION.sip_domain}"


def _free_name_like(name: str) -> str:
    label = sip_label_from(name)
    shortest_room = LONGEST_LABEL - ROOM_FOR_NUMBER
    stem = name if max(len(name), len(label)) <= shortest_room else label[:shortest_room].rstrip("-")
    similar = PhoneSystem.objects.filter(sip_label__startswith=sip_label_from(stem))
    held = set(similar.values_list("sip_label", flat=True))
    candidates = (f"{stem} {number}" for number in itertools.count(2))
    return next(candidate for candidate in candidates if sip_label_from(candidate) not in held)
