"""What the database itself forbids about accounts: numbers that change, and an account without an owner."""

from __future__ import annotations

from switchroom.plumbing.laws import immutable, refuse, undeletable

_NO_OTHER_OWNER = (
    "OLD.role = 'owner' AND NOT EXISTS (SELECT 1 FROM accounts_member AS other "
    "WHERE other.account_id = OLD.account_id AND other.role = 'owner' AND other.id <> OLD.id)"
)

LAWS = [
    *immutable("accounts_account", ["number", "created_on"]),
    *undeletable("accounts_account"),
    *immutable("accounts_member", ["account_id", "user_id", "joined_on"]),
    refuse(
        name="law_accounts_last_owner_keeps_role",
        table="accounts_member",
        event="UPDATE",
        when=f"NEW.role <> 'owner' AND {_NO_OTHER_OWNER}",
        sentence="accounts_member: an account needs an owner",
    ),
    refuse(
        name="law_accounts_last_owner_stays",
        table="accounts_member",
        event="DELETE",
        when=_NO_OTHER_OWNER,
        sentence="accounts_member: an account needs an owner",
    ),
    *immutable("accounts_invitation", ["account_id", "email", "role", "invited_by_id"]),
    *immutable(
        "accounts_invitation",
        ["accepted_at", "withdrawn_at"],
        when="OLD.accepted_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL",
        name="law_accounts_invitation_closes_once",
    ),
    *undeletable("accounts_invitation"),
]
