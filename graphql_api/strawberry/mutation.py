"""The orders: each unpacks its input, gives one order to the actions room and hands on its outcome."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from django_celery_results.actions import retry, revoke
from django_celery_results.actions.outcome import ErrorCode, Refusal, RetryOutcome, RevokeOutcome
from django_celery_results.exceptions import InvalidInput

from .asking import Info
from .descriptions import described
from .inputs import task_ref
from .mutation_types import RetryOverrides, RetryTaskInput, RetryTaskPayload, RevokeTaskInput, RevokeTaskPayload


@described
@strawberry.type
class Mutation:
    @strawberry.mutation(graphql_type=RetryTaskPayload)
    def retry_task(
        self, info: Info, input_: Annotated[RetryTaskInput, strawberry.argument(name="input")]
    ) -> RetryOutcome:
        try:
            return retry.retry(
                info.context.viewer,
                task_ref(input_.task),
                scope=input_.scope,
                overrides=_overrides(input_.overrides) if input_.overrides else None,
                allow_states=input_.allow_states,
                allow_retried=input_.allow_retried,
                dry_run=input_.dry_run,
                reason=_given(input_.reason),
                idempotency_key=_given(input_.idempotency_key),
            )
        except InvalidInput as error:
            return RetryOutcome(refusals=(_refusal(error),))

    @strawberry.mutation(graphql_type=RevokeTaskPayload)
    def revoke_task(
        self, info: Info, input_: Annotated[RevokeTaskInput, strawberry.argument(name="input")]
    ) -> RevokeOutcome:
        try:
            return revoke.revoke(
                info.context.viewer,
                task_ref(input_.task),
                terminate=input_.terminate,
                signal=input_.signal,
                wait=_given(input_.wait),
                dry_run=input_.dry_run,
                reason=_given(input_.reason),
                idempotency_key=_given(input_.idempotency_key),
            )
        except InvalidInput as error:
            return RevokeOutcome(refusals=(_refusal(error),))


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _refusal(error: InvalidInput) -> Refusal:
    return Refusal(code=ErrorCode.INVALID_INPUT, message=error.message, path=("task",))


def _overrides(given: RetryOverrides) -> retry.RetryOverrides:
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
