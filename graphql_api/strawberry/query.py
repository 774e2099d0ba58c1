"""The questions: each unpacks its input, asks the query room once and hands on what that answers."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import UNSET, relay

from django_celery_results import models
from django_celery_results.query import pages, tasks
from graphql_api import global_ids
from graphql_api.engine import Context

from .descriptions import described
from .inputs import TaskRef, TaskResultFilter, TaskResultOrder, core, page_request, task_order, task_ref
from .types import TaskResult, TaskResultConnection

Info = strawberry.Info[Context, None]
GlobalID = Annotated[strawberry.ID, strawberry.argument(name="id")]
Filter = Annotated[TaskResultFilter | None, strawberry.argument(name="filter")]


@described
@strawberry.type
class Query:
    @strawberry.field(graphql_type=relay.Node | None)
    def node(self, info: Info, id_: GlobalID) -> models.TaskResult | None:
        wanted = global_ids.decode(id_, of="TaskResult")
        return tasks.find(info.context.viewer, tasks.TaskRef(id=wanted.pk))

    @strawberry.field(graphql_type=TaskResult | None)
    def task_result(self, info: Info, ref: TaskRef) -> models.TaskResult | None:
        return tasks.find(info.context.viewer, task_ref(ref))

    @strawberry.field(graphql_type=TaskResultConnection)
    def task_results(
        self,
        info: Info,
        filter_: Filter = UNSET,
        order_by: TaskResultOrder | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
        last: int | None = UNSET,
        before: str | None = UNSET,
    ) -> pages.Page[models.TaskResult]:
        request = page_request(first, after, last, before)
        return tasks.page(info.context.viewer, request, where=core(filter_ or None), order=task_order(order_by))
