"""Documents of port-ins: the signed order, judged by what it holds, kept encrypted under the data key of its
phone system, and erased when the port-in is over.

A file is stored by whoever holds the phone system, in the transaction that names it; one that nobody names is
swept up with those of backups.
"""

from __future__ import annotations

from switchroom.phonesystems import stored
from switchroom.phonesystems.port_ins import DocumentKind, PortIn
from switchroom.phonesystems.sealing import sealed, unsealed
from switchroom.plumbing import outbox
from switchroom.rules.refusals import Refused, gettext_noop

LARGEST_MEGABYTES = 10
LARGEST_BYTES = LARGEST_MEGABYTES * 1_000_000
ERASE = "phonesystems.erase_document"

_PDF_END_WITHIN = 1024  # bytes; programs that read PDF look no further for its end
_PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"


def kind_of(content: bytes) -> DocumentKind:
    """This function will say what a file is, whatever its name.

    Raises ``Refused`` (rule 8.3) for one that is too large, cut off, or neither a PDF nor a picture.
    """
    if len(content) > LARGEST_BYTES:
        raise too_large()
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-_PDF_END_WITHIN:]:
        return DocumentKind.PDF
    if content.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in content:
        return DocumentKind.JPEG
    if content.startswith(_PNG_BEGINNING) and _PNG_END in content:
        return DocumentKind.PNG
    raise Refused(
        "8.3",
        gettext_noop("This file is not a PDF, JPEG or PNG, or it is cut off. Please choose another one."),
    )


def too_large() -> Refused:
    """This function will say that a document has too many bytes."""
    return Refused(
        "8.3",
        gettext_noop("This file is larger than {most} MB. Please choose a smaller one."),
        most=LARGEST_MEGABYTES,
    )


def keep(port_in: PortIn, content: bytes) -> None:
    """This function will store the document of a port-in, whose phone system the caller holds."""
    phone_system_id = port_in.phone_system_id
    port_in.document = stored.keep(
        phone_system_id, port_in.id, sealed(content, phone_system_id=phone_system_id)
    )
    port_in.save(update_fields=["document"])


def opened(port_in: PortIn) -> bytes:
    """This function will return the document of a port-in. Raises ``Refused`` (rule 8.3) when it is not kept
    any more or cannot be opened.
    """
    if not port_in.document:
        raise gone()
    try:
        return unsealed(stored.fetch(port_in.document), phone_system_id=port_in.phone_system_id)
    except (FileNotFoundError, Refused):
        raise gone() from None


def gone() -> Refused:
    """This function will say that there is no document."""
    return Refused("8.3", gettext_noop("The document of this port-in is no longer kept here."))


def erase(port_in: PortIn) -> None:
    """This function will forget the document of a port-in now, and have its file erased after the commit."""
    if port_in.document:
        outbox.defer(ERASE, {"file": port_in.document}, key=f"{ERASE}:{port_in.document}")
        port_in.document = ""
        port_in.save(update_fields=["document"])
