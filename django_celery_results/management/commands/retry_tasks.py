"""Run tasks again with the arguments they were sent with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.outcome import BulkOutcome
from django_celery_results.actions.retry import RetryOverrides, RetryScope, Wish
from django_celery_results.actions.retry_checks import RETRYABLE
from django_celery_results.actions.selection import Selection
from django_celery_results.management.bulk_command import BulkCommand
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.states import TaskState


class Command(BulkCommand):
    help = __doc__ or ""
    verb = "Retry"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        scopes = [scope.value.lower() for scope in RetryScope]
        parser.add_argument(
            "--scope", choices=scopes, default=scopes[0], help="whether what waited for the tasks goes on"
        )
        parser.add_argument("--to-queue", help="send to this queue instead of the one they were sent to")
        parser.add_argument("--allow-retried", action="store_true", help="also tasks that were run again already")

    def filter(self, options: dict[str, Any]) -> TaskResultFilter:
        """Failed and revoked tasks, unless other states are named."""
        return super().filter({**options, "state": options["state"] or self._default_states(options)})

    def act(self, selection: Selection, bulk: BulkOptions, options: dict[str, Any]) -> BulkOutcome:
        wish = Wish(
            scope=RetryScope(options["scope"].upper()),
            overrides=RetryOverrides(queue=options["to_queue"]),
            allow_states=tuple(TaskState(state) for state in options["state"] or RETRYABLE),
            allow_retried=options["allow_retried"],
        )
        return bulk_retry(SYSTEM, selection, wish, bulk)

    def _default_states(self, options: dict[str, Any]) -> list[str]:
        named = any(options[name] for name in ("id", "task", "queue", "filter"))
        return [state.value for state in RETRYABLE] if named else []
