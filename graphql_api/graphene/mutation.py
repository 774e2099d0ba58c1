"""The orders: each hands its input to `graphql_api.orders` and shows the outcome."""

from __future__ import annotations

from typing import Any

import graphene

from django_celery_results.actions.outcome import BulkOutcome, ForgetOutcome, RetryOutcome, RevokeOutcome
from graphql_api import orders

from .asking import orderer
from .descriptions import ObjectType
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


def order(payload: Any, input_type: Any) -> Any:
    """A field that takes an input and answers with a payload."""
    return graphene.Field(payload, required=True, input=input_type(required=True))


class Mutation(ObjectType):
    """Mix it into the mutation type of a project's own schema, or use it as it is."""

    retry_task = order(RetryTaskPayload, RetryTaskInput)
    revoke_task = order(RevokeTaskPayload, RevokeTaskInput)
    delete_task_result = order(DeleteTaskResultPayload, DeleteTaskResultInput)
    bulk_retry_tasks = order(BulkPayload, BulkRetryTasksInput)
    bulk_revoke_tasks = order(BulkPayload, BulkRevokeTasksInput)
    revoke_group = order(BulkPayload, RevokeGroupInput)
    bulk_delete_task_results = order(BulkPayload, BulkDeleteTaskResultsInput)

    @staticmethod
    def resolve_retry_task(root: Any, info: Any, input: Any) -> RetryOutcome:  # noqa: A002
        return orders.retry_task(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_revoke_task(root: Any, info: Any, input: Any) -> RevokeOutcome:  # noqa: A002
        return orders.revoke_task(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_delete_task_result(root: Any, info: Any, input: Any) -> ForgetOutcome:  # noqa: A002
        return orders.delete_task_result(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_bulk_retry_tasks(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        return orders.bulk_retry_tasks(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_bulk_revoke_tasks(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        return orders.bulk_revoke_tasks(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_revoke_group(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        return orders.revoke_group(orderer(info), lambda: plain(input))

    @staticmethod
    def resolve_bulk_delete_task_results(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        return orders.bulk_delete_task_results(orderer(info), lambda: plain(input))
