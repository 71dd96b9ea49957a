"""What phone systems let happen outside the database: requests to the edge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from switchroom.phonesystems import operations
from switchroom.plumbing import outbox


@outbox.handles(operations.EFFECT, outside=True)
def carry_out_operation(payload: dict[str, Any]) -> None:
    """This function will carry out the operation that the payload names."""
    operations.carry_out(UUID(payload["operation_id"]))
