"""How a backup comes back into a phone system: what that would change, and the change (rule 8.5).

It goes back into the same phone system or another one of the account, all or nothing, and never into one that
was deleted.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from switchroom.phonesystems.backup_file import Configuration, SavedEndpoint, SavedGroup
from switchroom.phonesystems.backups import saved_groups
from switchroom.phonesystems.changing import NoRoom, hold_switched_on, note_change, tell
from switchroom.phonesystems.models import (
    Endpoint,
    Manner,
    PhoneNumber,
    PhoneSystem,
    RingGroup,
    RingGroupMember,
)
from switchroom.phonesystems.ordering import FIRST_POSITION
from switchroom.plumbing import clock
from switchroom.rules.refusals import gettext_noop


class Preview(msgspec.Struct, frozen=True):
    """What a restore would change, by extension: endpoints that come, those that go, those that are another
    device or have another name or password afterwards (now, then), and how many stay as they are; the same
    of ring groups, and the numbers that will ring all phones because whom they ring is not in the backup.

    ``excess`` is how many more endpoints the backup holds than are entitled; then it cannot be restored.
    """

    added: list[SavedEndpoint]
    removed: list[Endpoint]
    changed: list[tuple[Endpoint, SavedEndpoint]]
    unchanged: int
    groups_added: list[SavedGroup]
    groups_removed: list[SavedGroup]
    groups_changed: list[SavedGroup]
    numbers_to_all: list[PhoneNumber]
    excess: int

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is as it was saved."""
        groups = self.groups_added or self.groups_removed or self.groups_changed
        return not (self.added or self.removed or self.changed or groups)


def preview(phone_system: PhoneSystem, content: Configuration) -> Preview:
    """This function will compare a backup with what is set up in a phone system now."""
    now = {one.extension: one for one in phone_system.endpoints.order_by("position")}
    then = {one.extension: one for one in content.endpoints}
    both = [(now[extension], saved) for extension, saved in then.items() if extension in now]
    same_realm = phone_system.realm == content.phone_system.realm
    changed = [(one, saved) for one, saved in both if not (same_realm and _is_as_saved(one, saved))]
    groups_now = {one.extension: one for one in saved_groups(phone_system)}
    groups_then = {one.extension: one for one in content.ring_groups}
    targets = _targets(phone_system)
    return Preview(
        added=[saved for extension, saved in then.items() if extension not in now],
        removed=[one for extension, one in now.items() if extension not in then],
        changed=changed,
        unchanged=len(both) - len(changed),
        groups_added=[one for extension, one in groups_then.items() if extension not in groups_now],
        groups_removed=[one for extension, one in groups_now.items() if extension not in groups_then],
        groups_changed=[
            one for extension, one in groups_then.items() if groups_now.get(extension, one) != one
        ],
        numbers_to_all=[number for number, rung in targets if rung not in then and rung not in groups_then],
        excess=max(0, len(content.endpoints) - phone_system.endpoint_limit),
    )


def restore(*, phone_system: PhoneSystem, content: Configuration, at: datetime, actor: str = "") -> None:
    """This function will replace a phone system's endpoints and ring groups by those of a backup, all or
    nothing.

    Devices keep their passwords, because the realm of the backup comes along. Numbers stay as they are: they
    are assets of their own (rule 7.8), and ring whoever has the extension that they rang before.
    Raises NoRoom (rule 8.2) when the backup holds more endpoints than entitled, and ``Refused`` when the
    phone system is off or deleted.
    """
    hold_switched_on(phone_system)
    if len(content.endpoints) > phone_system.endpoint_limit:
        raise NoRoom(
            gettext_noop("This backup holds {used} endpoints, but your licences include only {entitled}."),
            entitled=phone_system.endpoint_limit,
            used=len(content.endpoints),
        )
    targets = _targets(phone_system)
    phone_system.ring_groups.all().delete()
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
    _restore_groups(phone_system, content)
    _aim(phone_system, targets)
    note_change(phone_system=phone_system, at=at)
    facts = {
        "made_at": content.made_at.isoformat(),
        "endpoints": len(content.endpoints),
        "replaced": replaced,
    }
    tell(phone_system=phone_system, kind="restored", day=clock.local_day(at), actor=actor, facts=facts)


def _restore_groups(phone_system: PhoneSystem, content: Configuration) -> None:
    endpoints = {one.extension: one for one in phone_system.endpoints.all()}
    for saved in content.ring_groups:
        group = RingGroup.objects.create(
            phone_system=phone_system,
            name=saved.name.strip(),
            extension=saved.extension,
            manner=Manner(saved.manner),
        )
        RingGroupMember.objects.bulk_create(
            RingGroupMember(
                ring_group=group,
                endpoint=endpoints[member.extension],
                position=position,
                seconds=member.seconds,
            )
            for position, member in enumerate(saved.members, start=FIRST_POSITION)
        )


def _targets(phone_system: PhoneSystem) -> list[tuple[PhoneNumber, str]]:
    """The numbers that do not ring all phones, with the extension that they ring."""
    numbers = phone_system.numbers.select_related("rings_endpoint", "rings_group")
    return [
        (number, rung.extension)
        for number in numbers
        if (rung := number.rings_endpoint or number.rings_group)
    ]


def _aim(phone_system: PhoneSystem, targets: list[tuple[PhoneNumber, str]]) -> None:
    """Lets each number ring whoever has its extension now; when nobody has, it rings all phones."""
    for number, extension in targets:
        number.rings_endpoint = phone_system.endpoints.filter(extension=extension).first()
        number.rings_group = phone_system.ring_groups.filter(extension=extension).first()
        number.save(update_fields=["rings_endpoint", "rings_group"])


def _is_as_saved(endpoint: Endpoint, saved: SavedEndpoint) -> bool:
    return (endpoint.name, endpoint.sip_user, endpoint.ha1) == (saved.name, saved.sip_user, saved.ha1)
