"""What phone systems let happen outside the database: requests to the edge, and what else a deletion asks
for.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from switchroom.phonesystems import deletion, operations
from switchroom.phonesystems.models import OperationKind
from switchroom.plumbing import outbox


@outbox.handles(operations.EFFECT, outside=True)
def carry_out_operation(payload: dict[str, Any]) -> None:
    """This function will carry out the operation that the payload names; a deletion goes on from there."""
    operation = operations.carry_out(UUID(payload["operation_id"]))
    if operation.kind == OperationKind.DELETE:
        deletion.finish(operation.phone_system_id)
