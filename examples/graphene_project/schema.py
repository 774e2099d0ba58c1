"""The shop's schema: its own fields beside those of `graphql_api.graphene`, one of whose types it changes."""

from typing import Any

import graphene

from graphql_api.graphene import Mutation, Query, Schema
from graphql_api.graphene.types import TaskResult as StockTaskResult


class TaskResult(StockTaskResult):
    """Listed in `types` below, it stands wherever the stock type does."""

    runbook = graphene.String(description="Where to read what to do when it fails.")
    periodic_task_name = None  # the shop has no schedules, so its schema does not show them

    @staticmethod
    def resolve_runbook(root: Any, info: Any) -> str:
        return f"https://runbooks.example.org/{root.task_name}"


class ShopQuery(Query, graphene.ObjectType):
    open_orders = graphene.Int(required=True)

    @staticmethod
    def resolve_open_orders(root: Any, info: Any) -> int:
        return 3


schema = Schema(query=ShopQuery, mutation=Mutation, types=[TaskResult])
