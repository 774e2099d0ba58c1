"""The shop's schema: its own fields beside those of `graphql_api.strawberry`, one of which leads to a type of ours."""

import strawberry

from django_celery_results.query.tasks import TaskRef
from graphql_api.strawberry import Mutation, Query, Schema
from graphql_api.strawberry.asking import Info, session
from graphql_api.strawberry.types import TaskResult


@strawberry.type
class Order:
    number: int

    @strawberry.field(graphql_type=TaskResult | None, description="The task that charges it, for those who may see it.")
    def charge(self, info: Info) -> object:
        return session(info).find(TaskRef(task_id=f"charge-{self.number}"))


@strawberry.type
class ShopQuery(Query):
    @strawberry.field
    def open_orders(self) -> list[Order]:
        return [Order(number=number) for number in (1, 2)]


schema = Schema(query=ShopQuery, mutation=Mutation)
