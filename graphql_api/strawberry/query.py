"""The questions: each unpacks its input, asks the query room once and hands on what that answers."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import UNSET, relay

from django_celery_results import models
from django_celery_results.actions import registry
from django_celery_results.query import groups, operations, pages, stats, viewers
from graphql_api import nodes, printing, reads
from graphql_api.service import Service

from .asking import Info, page_request, session, viewer
from .descriptions import described
from .enums import GroupBy
from .inputs import (
    Filter,
    GroupFilter,
    GroupResultOrder,
    OperationFilter,
    TaskRef,
    TaskResultOrder,
    plain,
)
from .operation_types import OperationConnection
from .registry_types import RegisteredTask
from .service_types import ServiceInfo, Viewer
from .stats_types import TaskResultStats
from .types import GroupResult, GroupResultConnection, TaskResult, TaskResultConnection

GlobalID = Annotated[strawberry.ID, strawberry.argument(name="id")]


@described
@strawberry.type
class Query:
    @strawberry.field(graphql_type=relay.Node | None)
    def node(self, info: Info, id_: GlobalID) -> Any:
        return nodes.find(session(info), [id_])[0]

    @strawberry.field(graphql_type=list[relay.Node | None])
    def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Any]:
        return nodes.find(session(info), ids)

    @strawberry.field(graphql_type=TaskResult | None)
    def task_result(self, info: Info, ref: TaskRef) -> models.TaskResult | None:
        return session(info).find(plain(ref))

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
        return session(info).page(request, where=plain(filter_), order=plain(order_by))

    @strawberry.field(graphql_type=GroupResult | None)
    def group_result(self, info: Info, group_id: str) -> groups.Group | None:
        return groups.find(session(info), group_id=group_id)

    @strawberry.field(graphql_type=GroupResultConnection)
    def group_results(
        self,
        info: Info,
        filter_: GroupFilter = UNSET,
        order_by: GroupResultOrder | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
        last: int | None = UNSET,
        before: str | None = UNSET,
    ) -> pages.Page[groups.Group]:
        request = page_request(first, after, last, before)
        return groups.page(session(info), request, where=plain(filter_), order=plain(order_by))

    @strawberry.field(graphql_type=TaskResultStats)
    def task_result_stats(self, info: Info, filter_: Filter = UNSET) -> stats.Stats:
        return stats.Stats(viewer(info), plain(filter_), measures=reads.measures(info._raw_info))

    @strawberry.field
    def suggest(
        self,
        info: Info,
        field_: Annotated[GroupBy, strawberry.argument(name="field")],
        prefix: str = "",
        first: int = 20,
    ) -> list[str]:
        return stats.suggest(viewer(info), field_, prefix, first)

    @strawberry.field(graphql_type=list[RegisteredTask])
    def registered_tasks(self, info: Info, search: str = "") -> list[registry.RegisteredTask]:
        return registry.registered_tasks(viewer(info), search)

    @strawberry.field(graphql_type=OperationConnection)
    def operations(
        self,
        info: Info,
        filter_: Annotated[OperationFilter | None, strawberry.argument(name="filter")] = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
        last: int | None = UNSET,
        before: str | None = UNSET,
    ) -> pages.Page[models.Operation]:
        return operations.page(viewer(info), page_request(first, after, last, before), plain(filter_))

    @strawberry.field(graphql_type=Viewer)
    def viewer(self, info: Info) -> viewers.Abilities:
        return viewers.abilities(viewer(info))

    @strawberry.field(graphql_type=ServiceInfo)
    def service(self, info: Info) -> Service:
        viewers.abilities(viewer(info))
        return Service(schema_hash=printing.digest(info._raw_info.schema))
