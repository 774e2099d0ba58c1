"""What the commands that act on many tasks share: selection, confirmation, pace and progress."""

from __future__ import annotations

import time
import uuid
from argparse import ArgumentTypeError
from collections import Counter
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.outcome import BulkOutcome, ItemOutcome
from django_celery_results.actions.selection import Selection
from django_celery_results.exceptions import QueryError
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import IDFilter, StateFilter, StringFilter
from django_celery_results.states import TaskState

from . import progress
from .filter_text import parsed

_PER_REQUEST = 200


def rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 100_000:
        raise ArgumentTypeError(f"{text!r} is no number of tasks per second")
    return value


class BulkCommand(BaseCommand):
    """One request of a bulk action after the other, with the same key, until no task remains."""

    verb = ""

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--id", action="append", metavar="TASK_ID", help="this task; may be given several times")
        add("--state", action="append", choices=[state.value for state in TaskState], help="tasks in this state")
        add("--task", action="append", metavar="NAME", help="tasks of this name; may be given several times")
        add("--queue", action="append", help="tasks that were sent to this queue")
        add("--filter", metavar="JSON", help='as in the API: {"dateDone": {"withinLast": "PT1H"}}')
        add("--dry-run", action="store_true", help="tell what would be done, and do nothing")
        add("--yes", "--no-input", action="store_true", dest="yes", help="do not ask for confirmation")
        add("--expect", type=int, metavar="N", help="refuse unless exactly so many tasks match")
        add("--rate", type=rate, metavar="N", help="tasks per second at most")
        add("--reason", help="kept with the operation")
        add("--key", help="carry on an action that was interrupted")

    def act(self, selection: Selection, bulk: BulkOptions, options: dict[str, Any]) -> BulkOutcome:
        """One request."""
        raise NotImplementedError

    def handle(self, **options: Any) -> None:
        selection = Selection(filter=self.filter(options))
        key = options["key"] or str(uuid.uuid4())
        bulk = BulkOptions(
            limit=self._per_request(options),
            expected_count=options["expect"],
            reason=options["reason"],
            idempotency_key=key,
        )
        # A selection shrinks while an action goes on: only its beginning can be held against a number.
        expected = None if options["key"] else bulk.expected_count
        preview = self._answered(selection, replace(bulk, dry_run=True, expected_count=expected), options)
        if options["dry_run"] or not preview.matched_count:
            self.stdout.write(f"{preview.matched_count} tasks match.")
            return self._tell_skipped(Counter(_reasons(preview)))
        if not options["yes"]:
            self._confirm(preview.matched_count)
        self.stdout.write(f"If this is interrupted, carry it on with --key {key}")
        return self._carry_out(selection, bulk, options)

    def filter(self, options: dict[str, Any]) -> TaskResultFilter:
        """The options as one filter."""
        parts = [parsed(options["filter"])] if options["filter"] else []
        states = tuple(TaskState(state) for state in options["state"] or ())
        plain = TaskResultFilter(
            task_id=IDFilter(in_=tuple(options["id"])) if options["id"] else None,
            task_name=StringFilter(in_=tuple(options["task"])) if options["task"] else None,
            queue=StringFilter(in_=tuple(options["queue"])) if options["queue"] else None,
            state=StateFilter(in_=states) if states else None,
        )
        if plain != TaskResultFilter():
            parts.append(plain)
        if not parts:
            raise CommandError("Say which tasks: --id, --task, --queue, --state or --filter.")
        return TaskResultFilter(and_=tuple(parts))

    def _carry_out(self, selection: Selection, bulk: BulkOptions, options: dict[str, Any]) -> None:
        skipped: Counter[str] = Counter()
        while True:
            started = time.monotonic()
            outcome = self._answered(selection, bulk, options)
            skipped.update(_reasons(outcome))
            progress.draw(self, options, 1 - outcome.remaining_count / max(outcome.matched_count, 1))
            if not outcome.remaining_count:
                break
            if options["rate"]:
                time.sleep(max(0.0, len(outcome.items) / options["rate"] - (time.monotonic() - started)))
        self.stdout.write(f"{outcome.done_count} done, {outcome.skipped_count} skipped.")
        self._tell_skipped(skipped)

    def _confirm(self, count: int) -> None:
        try:
            answer = input(f"{self.verb} {count} tasks? [y/N] ")
        except EOFError:
            raise CommandError("Nothing was done: there is nobody to ask. Say --yes.") from None
        if answer.lower() not in ("y", "yes"):
            raise CommandError("Nothing was done.")

    def _per_request(self, options: dict[str, Any]) -> int:
        return max(1, min(_PER_REQUEST, int(options["rate"]))) if options["rate"] else _PER_REQUEST

    def _answered(self, selection: Selection, bulk: BulkOptions, options: dict[str, Any]) -> BulkOutcome:
        """One request's outcome; a refusal ends the command, and no traceback with it."""
        try:
            outcome = self.act(selection, bulk, options)
        except QueryError as error:
            raise CommandError(error.message) from error
        if outcome.refusals:
            raise CommandError(outcome.refusals[0].message)
        return outcome

    def _tell_skipped(self, reasons: Counter[str]) -> None:
        for reason, count in reasons.most_common():
            self.stdout.write(f"{count} skipped: {reason}")


def _reasons(outcome: BulkOutcome) -> list[str]:
    skipped = [item.refusal for item in outcome.items if item.outcome is ItemOutcome.SKIPPED and item.refusal]
    return [refusal.code.value for refusal in skipped]
