"""What phone systems let happen outside the database: requests to the edge, and what else a deletion asks
for, and the documents that are erased.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from switchroom.phonesystems import deletion, documents, operations, stored
from switchroom.phonesystems.models import OperationKind
from switchroom.plumbing import outbox


@outbox.handles(operations.EFFECT, outside=True)
def carry_out_operation(payload: dict[str, Any]) -> None:
    """This function will carry out the operation that the payload names; a deletion goes on from there."""
    operation = operations.carry_out(UUID(payload["operation_id"]))
    if operation.kind == OperationKind.DELETE:
        deletion.finish(operation.phone_system_id)


@outbox.handles(documents.ERASE, outside=True)
def erase_document(payload: dict[str, Any]) -> None:
    """This function will erase the file of a document that is needed no longer; it may be repeated."""
    stored.drop(payload["file"])
