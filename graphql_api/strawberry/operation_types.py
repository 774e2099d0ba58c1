"""The types of operations, which record every order."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET, relay

from django_celery_results import models
from django_celery_results.query import bulk_operations, global_ids, pages
from graphql_api import recorded
from graphql_api.columns import for_many

from .asking import Info, page_request, session
from .computed import computed
from .descriptions import described
from .enums import OperationState
from .scalars import JSON
from .types import asked
from .value_types import BoundedCount, bounded_count

_Operation = Annotated["Operation", strawberry.lazy(".operation_types")] | None
_Bulk = Annotated["BulkOperation", strawberry.lazy(".operation_types")] | None
_Operations = Annotated["OperationConnection", strawberry.lazy(".operation_types")]


@for_many
def _part_of(root: strawberry.Parent[models.Operation], info: Info) -> models.Operation | None:
    return bulk_operations.around(session(info), root)


@for_many
def _bulk(root: strawberry.Parent[models.Operation], info: Info) -> bulk_operations.BulkOperation | None:
    return bulk_operations.of_operation(session(info), root)


@for_many
def _input(root: strawberry.Parent[models.Operation], info: Info) -> Any:
    return recorded.told(session(info), root)


def _items(
    root: strawberry.Parent[bulk_operations.BulkOperation],
    first: int | None = UNSET,
    after: str | None = UNSET,
    last: int | None = UNSET,
    before: str | None = UNSET,
) -> pages.Page[models.Operation]:
    return root.items(page_request(first, after, last, before))


@described
@strawberry.type
class Operation(relay.Node):
    pk: relay.NodeID[int]
    _id: strawberry.ID = computed(global_ids.of_row("Operation", "id"), name="id")
    action: str
    state: OperationState = computed(lambda row: models.OperationState(row.state))
    actor: str | None = computed(lambda row: row.actor_name or None)
    remote_address: str | None
    reason: str | None
    task_id: str | None
    new_task_id: str | None
    task_name: str | None
    input: JSON = asked(_input, JSON)
    error_code: str | None
    started_at: datetime
    finished_at: datetime | None
    part_of: _Operation = asked(_part_of, _Operation)
    bulk: _Bulk = asked(_bulk, _Bulk)

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, models.Operation)


@described
@strawberry.type
class OperationEdge:
    cursor: str
    node: Operation


@described
@strawberry.type
class OperationConnection:
    edges: list[OperationEdge]
    rows: list[Operation] = strawberry.field(name="nodes")
    page_info: relay.PageInfo
    total_count: int
    count: BoundedCount = asked(bounded_count, BoundedCount)


@described
@strawberry.type
class BulkOperation:
    matched_count: int
    done_count: int
    skipped_count: int
    remaining_count: int
    items: _Operations = asked(_items, _Operations)
