"""The questions: each unpacks its input, asks the query room once and hands on what that answers."""

from __future__ import annotations

from typing import Any

import graphene
from graphene import ID, Field, Int, String

from django_celery_results.actions import registry
from django_celery_results.query import groups, operations, stats, viewers
from graphql_api import nodes, printing, reads
from graphql_api.service import Service

from .asking import page_request, session, viewer
from .descriptions import ObjectType
from .enums import TaskResultGroupBy
from .fields import listed, many, page_arguments
from .inputs import (
    GroupResultFilter,
    GroupResultOrder,
    OperationFilter,
    TaskRef,
    TaskResultFilter,
    TaskResultOrder,
    plain,
)
from .operation_types import OperationConnection
from .registry_types import RegisteredTask
from .service_types import ServiceInfo, Viewer
from .stats_types import TaskResultStats
from .types import GroupResult, GroupResultConnection, Node, TaskResult, TaskResultConnection


class Query(ObjectType):
    """Mix it into the query type of a project's own schema, or use it as it is."""

    node = Field(Node, id=ID(required=True))
    nodes = graphene.List(Node, required=True, ids=graphene.Argument(listed(ID)))
    task_result = Field(TaskResult, ref=TaskRef(required=True))
    task_results = Field(
        TaskResultConnection,
        required=True,
        filter=TaskResultFilter(),
        order_by=TaskResultOrder(),
        args=page_arguments(),
    )
    group_result = Field(GroupResult, group_id=String(required=True))
    group_results = Field(
        GroupResultConnection,
        required=True,
        filter=GroupResultFilter(),
        order_by=GroupResultOrder(),
        args=page_arguments(),
    )
    task_result_stats = Field(TaskResultStats, required=True, filter=TaskResultFilter())
    suggest = many(
        String,
        field=TaskResultGroupBy(required=True),
        prefix=String(required=True, default_value=""),
        first=Int(required=True, default_value=20),
    )
    operations = Field(OperationConnection, required=True, filter=OperationFilter(), args=page_arguments())
    registered_tasks = many(RegisteredTask, search=String(required=True, default_value=""))
    viewer = Field(Viewer, required=True)
    service = Field(ServiceInfo, required=True)

    @staticmethod
    def resolve_node(root: Any, info: Any, id: str) -> Any:  # noqa: A002
        return nodes.find(session(info), [id])[0]

    @staticmethod
    def resolve_nodes(root: Any, info: Any, ids: list[str]) -> list[Any]:
        return nodes.find(session(info), ids)

    @staticmethod
    def resolve_task_result(root: Any, info: Any, ref: Any) -> Any:
        return session(info).find(plain(ref))

    @staticmethod
    def resolve_task_results(root: Any, info: Any, filter: Any = None, order_by: Any = None, **given: Any) -> Any:  # noqa: A002
        return session(info).page(page_request(given), where=plain(filter), order=plain(order_by))

    @staticmethod
    def resolve_group_result(root: Any, info: Any, group_id: str) -> Any:
        return groups.find(session(info), group_id=group_id)

    @staticmethod
    def resolve_group_results(root: Any, info: Any, filter: Any = None, order_by: Any = None, **given: Any) -> Any:  # noqa: A002
        return groups.page(session(info), page_request(given), where=plain(filter), order=plain(order_by))

    @staticmethod
    def resolve_task_result_stats(root: Any, info: Any, filter: Any = None) -> stats.Stats:  # noqa: A002
        return stats.Stats(viewer(info), plain(filter), measures=reads.measures(info))

    @staticmethod
    def resolve_suggest(root: Any, info: Any, field: Any, prefix: str, first: int) -> list[str]:
        return stats.suggest(viewer(info), field, prefix, first)

    @staticmethod
    def resolve_operations(root: Any, info: Any, filter: Any = None, **given: Any) -> Any:  # noqa: A002
        return operations.page(viewer(info), page_request(given), plain(filter))

    @staticmethod
    def resolve_registered_tasks(root: Any, info: Any, search: str) -> list[registry.RegisteredTask]:
        return registry.registered_tasks(viewer(info), search)

    @staticmethod
    def resolve_viewer(root: Any, info: Any) -> viewers.Abilities:
        return viewers.abilities(viewer(info))

    @staticmethod
    def resolve_service(root: Any, info: Any) -> Service:
        viewers.abilities(viewer(info))
        return Service(schema_hash=printing.digest(info.schema))
