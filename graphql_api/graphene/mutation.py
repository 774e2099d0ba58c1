"""The orders: each unpacks its input, gives one order to the actions room and hands on its outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import graphene

from django_celery_results.actions import bulk_work, forget, retry, revoke
from django_celery_results.actions.bulk import BulkOptions as Options
from django_celery_results.actions.outcome import (
    BulkOutcome,
    ErrorCode,
    ForgetOutcome,
    Refusal,
    RetryOutcome,
    RevokeOutcome,
)
from django_celery_results.exceptions import InvalidInput

from .asking import viewer
from .descriptions import ObjectType
from .inputs import selection, task_ref
from .mutation_types import (
    BulkDeleteTaskResultsInput,
    BulkPayload,
    BulkRetryTasksInput,
    BulkRevokeTasksInput,
    DeleteTaskResultInput,
    DeleteTaskResultPayload,
    RetryTaskInput,
    RetryTaskPayload,
    RevokeTaskInput,
    RevokeTaskPayload,
)

Outcome = TypeVar("Outcome")


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
    bulk_delete_task_results = order(BulkPayload, BulkDeleteTaskResultsInput)

    @staticmethod
    def resolve_retry_task(root: Any, info: Any, input: Any) -> RetryOutcome:  # noqa: A002
        return _ordered(
            RetryOutcome,
            ("task",),
            lambda: retry.retry(
                viewer(info),
                task_ref(input.task),
                scope=input.scope,
                overrides=_overrides(input.overrides),
                allow_states=input.allow_states,
                allow_retried=input.allow_retried,
                dry_run=input.dry_run,
                reason=input.reason,
                idempotency_key=input.idempotency_key,
            ),
        )

    @staticmethod
    def resolve_revoke_task(root: Any, info: Any, input: Any) -> RevokeOutcome:  # noqa: A002
        return _ordered(
            RevokeOutcome,
            ("task",),
            lambda: revoke.revoke(
                viewer(info),
                task_ref(input.task),
                terminate=input.terminate,
                signal=input.signal,
                wait=input.wait,
                dry_run=input.dry_run,
                reason=input.reason,
                idempotency_key=input.idempotency_key,
            ),
        )

    @staticmethod
    def resolve_delete_task_result(root: Any, info: Any, input: Any) -> ForgetOutcome:  # noqa: A002
        return _ordered(
            ForgetOutcome,
            ("task",),
            lambda: forget.forget(
                viewer(info),
                task_ref(input.task),
                dry_run=input.dry_run,
                reason=input.reason,
                idempotency_key=input.idempotency_key,
            ),
        )

    @staticmethod
    def resolve_bulk_retry_tasks(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        wish = retry.Wish(
            scope=input.scope,
            overrides=_overrides(input.overrides) or retry.RetryOverrides(),
            allow_states=tuple(input.allow_states),
            allow_retried=input.allow_retried,
        )
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_retry(viewer(info), selection(input.select), wish, _options(input.options)),
        )

    @staticmethod
    def resolve_bulk_revoke_tasks(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        wish = revoke.Wish(terminate=input.terminate, signal=input.signal.value)
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_revoke(viewer(info), selection(input.select), wish, _options(input.options)),
        )

    @staticmethod
    def resolve_bulk_delete_task_results(root: Any, info: Any, input: Any) -> BulkOutcome:  # noqa: A002
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_forget(viewer(info), selection(input.select), _options(input.options)),
        )


def _ordered(outcome: Callable[..., Outcome], path: tuple[str, ...], give: Callable[[], Outcome]) -> Outcome:
    """What the order comes to; input that no order can be made of is a refusal like others."""
    try:
        return give()
    except InvalidInput as error:
        return outcome(refusals=(Refusal(code=ErrorCode.INVALID_INPUT, message=error.message, path=path),))


def _options(given: Any) -> Options:
    if given is None:
        return Options()
    limit = {} if given.limit is None else {"limit": given.limit}
    return Options(
        **limit,
        expected_count=given.expected_count,
        dry_run=given.dry_run,
        reason=given.reason,
        idempotency_key=given.idempotency_key,
    )


def _overrides(given: Any) -> retry.RetryOverrides | None:
    if given is None:
        return None
    return retry.RetryOverrides(
        args=given.args,
        kwargs=given.kwargs,
        headers=given.headers,
        queue=given.queue,
        priority=given.priority,
        countdown=given.countdown_seconds,
        eta=given.eta,
        expires=given.expires,
    )
