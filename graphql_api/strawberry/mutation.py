"""The orders: each hands its input to `graphql_api.orders` and shows the outcome."""

from __future__ import annotations

from typing import Annotated

import strawberry

from django_celery_results.actions.outcome import BulkOutcome, ForgetOutcome, RetryOutcome, RevokeOutcome
from graphql_api import orders

from .asking import Info, orderer
from .descriptions import described
from .inputs import plain
from .mutation_types import (
    BulkDeleteTaskResultsInput,
    BulkPayload,
    BulkRetryTasksInput,
    BulkRevokeTasksInput,
    DeleteTaskResultInput,
    DeleteTaskResultPayload,
    RetryTaskInput,
    RetryTaskPayload,
    RevokeGroupInput,
    RevokeTaskInput,
    RevokeTaskPayload,
)

INPUT = strawberry.argument(name="input")


@described
@strawberry.type
class Mutation:
    @strawberry.mutation(graphql_type=RetryTaskPayload)
    def retry_task(self, info: Info, input_: Annotated[RetryTaskInput, INPUT]) -> RetryOutcome:
        return orders.retry_task(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=RevokeTaskPayload)
    def revoke_task(self, info: Info, input_: Annotated[RevokeTaskInput, INPUT]) -> RevokeOutcome:
        return orders.revoke_task(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=DeleteTaskResultPayload)
    def delete_task_result(self, info: Info, input_: Annotated[DeleteTaskResultInput, INPUT]) -> ForgetOutcome:
        return orders.delete_task_result(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_retry_tasks(self, info: Info, input_: Annotated[BulkRetryTasksInput, INPUT]) -> BulkOutcome:
        return orders.bulk_retry_tasks(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_revoke_tasks(self, info: Info, input_: Annotated[BulkRevokeTasksInput, INPUT]) -> BulkOutcome:
        return orders.bulk_revoke_tasks(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=BulkPayload)
    def revoke_group(self, info: Info, input_: Annotated[RevokeGroupInput, INPUT]) -> BulkOutcome:
        return orders.revoke_group(orderer(info), lambda: plain(input_))

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_delete_task_results(self, info: Info, input_: Annotated[BulkDeleteTaskResultsInput, INPUT]) -> BulkOutcome:
        return orders.bulk_delete_task_results(orderer(info), lambda: plain(input_))
