"""The orders: each unpacks its input, gives one order to the actions room and hands on its outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry import UNSET

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

from .asking import Info
from .descriptions import described
from .inputs import selection, task_ref
from .mutation_types import (
    BulkDeleteTaskResultsInput,
    BulkOptions,
    BulkPayload,
    BulkRetryTasksInput,
    BulkRevokeTasksInput,
    DeleteTaskResultInput,
    DeleteTaskResultPayload,
    RetryOverrides,
    RetryTaskInput,
    RetryTaskPayload,
    RevokeTaskInput,
    RevokeTaskPayload,
)

Outcome = TypeVar("Outcome")
INPUT = strawberry.argument(name="input")


@described
@strawberry.type
class Mutation:
    @strawberry.mutation(graphql_type=RetryTaskPayload)
    def retry_task(self, info: Info, input_: Annotated[RetryTaskInput, INPUT]) -> RetryOutcome:
        return _ordered(
            RetryOutcome,
            ("task",),
            lambda: retry.retry(
                info.context.viewer,
                task_ref(input_.task),
                scope=input_.scope,
                overrides=_overrides(input_.overrides),
                allow_states=input_.allow_states,
                allow_retried=input_.allow_retried,
                dry_run=input_.dry_run,
                reason=_given(input_.reason),
                idempotency_key=_given(input_.idempotency_key),
            ),
        )

    @strawberry.mutation(graphql_type=RevokeTaskPayload)
    def revoke_task(self, info: Info, input_: Annotated[RevokeTaskInput, INPUT]) -> RevokeOutcome:
        return _ordered(
            RevokeOutcome,
            ("task",),
            lambda: revoke.revoke(
                info.context.viewer,
                task_ref(input_.task),
                terminate=input_.terminate,
                signal=input_.signal,
                wait=_given(input_.wait),
                dry_run=input_.dry_run,
                reason=_given(input_.reason),
                idempotency_key=_given(input_.idempotency_key),
            ),
        )

    @strawberry.mutation(graphql_type=DeleteTaskResultPayload)
    def delete_task_result(self, info: Info, input_: Annotated[DeleteTaskResultInput, INPUT]) -> ForgetOutcome:
        return _ordered(
            ForgetOutcome,
            ("task",),
            lambda: forget.forget(
                info.context.viewer,
                task_ref(input_.task),
                dry_run=input_.dry_run,
                reason=_given(input_.reason),
                idempotency_key=_given(input_.idempotency_key),
            ),
        )

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_retry_tasks(self, info: Info, input_: Annotated[BulkRetryTasksInput, INPUT]) -> BulkOutcome:
        wish = retry.Wish(
            scope=input_.scope,
            overrides=_overrides(input_.overrides) or retry.RetryOverrides(),
            allow_states=tuple(input_.allow_states),
            allow_retried=input_.allow_retried,
        )
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_retry(info.context.viewer, selection(input_.select), wish, _options(input_.options)),
        )

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_revoke_tasks(self, info: Info, input_: Annotated[BulkRevokeTasksInput, INPUT]) -> BulkOutcome:
        wish = revoke.Wish(terminate=input_.terminate, signal=input_.signal.value)
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_revoke(
                info.context.viewer, selection(input_.select), wish, _options(input_.options)
            ),
        )

    @strawberry.mutation(graphql_type=BulkPayload)
    def bulk_delete_task_results(self, info: Info, input_: Annotated[BulkDeleteTaskResultsInput, INPUT]) -> BulkOutcome:
        return _ordered(
            BulkOutcome,
            ("select",),
            lambda: bulk_work.bulk_forget(info.context.viewer, selection(input_.select), _options(input_.options)),
        )


def _ordered(outcome: Callable[..., Outcome], path: tuple[str, ...], order: Callable[[], Outcome]) -> Outcome:
    """What the order comes to; input that no order can be made of is a refusal like others."""
    try:
        return order()
    except InvalidInput as error:
        return outcome(refusals=(Refusal(code=ErrorCode.INVALID_INPUT, message=error.message, path=path),))


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _options(given: BulkOptions | None) -> Options:
    if not given:
        return Options()
    limit = {"limit": given.limit} if isinstance(given.limit, int) else {}
    return Options(
        **limit,
        expected_count=_given(given.expected_count),
        dry_run=given.dry_run,
        reason=_given(given.reason),
        idempotency_key=_given(given.idempotency_key),
    )


def _overrides(given: RetryOverrides | None) -> retry.RetryOverrides | None:
    if not given:
        return None
    return retry.RetryOverrides(
        args=_given(given.args),
        kwargs=_given(given.kwargs),
        headers=_given(given.headers),
        queue=_given(given.queue),
        priority=_given(given.priority),
        countdown=_given(given.countdown_seconds),
        eta=_given(given.eta),
        expires=_given(given.expires),
    )
