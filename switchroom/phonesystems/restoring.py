"""How a backup comes back into a phone system: what that would change, and the change (rule 8.5).

It goes back into the same phone system or another one of the account, all or nothing, and never into one that
was deleted.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from switchroom.phonesystems.backup_file import Configuration, SavedEndpoint
from switchroom.phonesystems.changing import NoRoom, hold_switched_on, note_change, tell
from switchroom.phonesystems.models import Endpoint, PhoneSystem
from switchroom.phonesystems.ordering import FIRST_POSITION
from switchroom.plumbing import clock
from switchroom.rules.refusals import gettext_noop


class Preview(msgspec.Struct, frozen=True):
    """What a restore would change, by extension: endpoints that come, those that go, those that are another
    device or have another name or password afterwards (now, then), and how many stay as they are.

    ``excess`` is how many more endpoints the backup holds than are entitled; then it cannot be restored.
    """

    added: list[SavedEndpoint]
    removed: list[Endpoint]
    changed: list[tuple[Endpoint, SavedEndpoint]]
    unchanged: int
    excess: int

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is as it was saved."""
        return not (self.added or self.removed or self.changed)


def preview(phone_system: PhoneSystem, content: Configuration) -> Preview:
    """This function will compare a backup with what is set up in a phone system now."""
    now = {one.extension: one for one in phone_system.endpoints.order_by("position")}
    then = {one.extension: one for one in content.endpoints}
    both = [(now[extension], saved) for extension, saved in then.items() if extension in now]
    same_realm = phone_system.realm == content.phone_system.realm
    changed = [(one, saved) for one, saved in both if not (same_realm and _is_as_saved(one, saved))]
    return Preview(
        added=[saved for extension, saved in then.items() if extension not in now],
        removed=[one for extension, one in now.items() if extension not in then],
        changed=changed,
        unchanged=len(both) - len(changed),
        excess=max(0, len(content.endpoints) - phone_system.endpoint_limit),
    )


def restore(*, phone_system: PhoneSystem, content: Configuration, at: datetime, actor: str = "") -> None:
    """This function will replace a phone system's endpoints by those of a backup, all or nothing.

    Devices keep their passwords, because the realm of the backup comes along. Numbers stay as they are: they
    are assets of their own (rule 7.8). Raises NoRoom (rule 8.2) when the backup holds more endpoints than
    entitled, and ``Refused`` when the phone system is off or deleted.
    """
    hold_switched_on(phone_system)
    if len(content.endpoints) > phone_system.endpoint_limit:
        raise NoRoom(
            gettext_noop("This backup holds {used} endpoints, but your licences include only {entitled}."),
            entitled=phone_system.endpoint_limit,
            used=len(content.endpoints),
        )
    replaced, _ = phone_system.endpoints.all().delete()
    phone_system.realm = content.phone_system.realm
    phone_system.save(update_fields=["realm"])
    Endpoint.objects.bulk_create(
        Endpoint(
            phone_system=phone_system,
            name=saved.name.strip(),
            extension=saved.extension,
            sip_user=saved.sip_user,
            ha1=saved.ha1,
            position=position,
            created_at=at,
        )
        for position, saved in enumerate(content.endpoints, start=FIRST_POSITION)
    )
    note_change(phone_system=phone_system, at=at)
    facts = {
        "made_at": content.made_at.isoformat(),
        "endpoints": len(content.endpoints),
        "replaced": replaced,
    }
    tell(phone_system=phone_system, kind="restored", day=clock.local_day(at), actor=actor, facts=facts)


def _is_as_saved(endpoint: Endpoint, saved: SavedEndpoint) -> bool:
    return (endpoint.name, endpoint.sip_user, endpoint.ha1) == (saved.name, saved.sip_user, saved.ha1)
