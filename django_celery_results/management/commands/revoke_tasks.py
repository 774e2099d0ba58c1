"""Revoke tasks that wait, and terminate those that run where that is asked for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_revoke
from django_celery_results.actions.outcome import BulkOutcome
from django_celery_results.actions.revoke import DEFAULT_WAIT, SIGNALS, Wish
from django_celery_results.actions.selection import Selection
from django_celery_results.management.bulk_command import BulkCommand
from django_celery_results.policy.viewer import SYSTEM


class Command(BulkCommand):
    help = __doc__ or ""
    verb = "Revoke"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--terminate", action="store_true", help="also end tasks that run already")
        parser.add_argument("--signal", choices=SIGNALS, default=SIGNALS[0], help="with --terminate")
        parser.add_argument("--wait", type=float, default=DEFAULT_WAIT, help="seconds to wait for the workers' answers")

    def act(self, selection: Selection, bulk: BulkOptions, options: dict[str, Any]) -> BulkOutcome:
        wish = Wish(terminate=options["terminate"], signal=options["signal"], wait=options["wait"])
        return bulk_revoke(SYSTEM, selection, wish, bulk)
