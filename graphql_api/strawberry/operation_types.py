"""The types of operations, which record every order."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry import relay

from django_celery_results import models
from django_celery_results.query import operations
from graphql_api import global_ids

from .computed import computed
from .descriptions import described
from .enums import OperationState
from .scalars import JSON
from .types import asked
from .value_types import BoundedCount, bounded_count


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
    input: JSON | None = computed(operations.told)
    error_code: str | None
    started_at: datetime
    finished_at: datetime | None

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
