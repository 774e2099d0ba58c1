"""Delete task results, groups, chords, message records and operations that have expired."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_celery_results import retention
from django_celery_results.backends import DatabaseBackend
from django_celery_results.batches import SIZE, Batches
from django_celery_results.management import progress
from django_celery_results.registered_tasks import known_app

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def age(text: str) -> float:
    """Seconds of "90", "90s", "15m", "12h", "30d" or "4w"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw]?)", text.strip())
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else 0.0
    if not seconds:
        raise ArgumentTypeError(f"{text!r} is no age above zero; write 90s, 15m, 12h, 30d or 4w")
    return seconds


def batch_size(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 100_000:
        raise ArgumentTypeError(f"{text!r} is no batch size; give 1 to 100000")
    return int(text)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=age,
            metavar="AGE",
            help="such as 12h or 30d, for every state; default: the setting RETENTION, then Celery's result_expires",
        )
        parser.add_argument(
            "--state", action="append", default=[], help="only tasks in this state; may be given several times"
        )
        parser.add_argument(
            "--task", action="append", default=[], help="only tasks of this name; may be given several times"
        )
        parser.add_argument("--dry-run", action="store_true", help="count what would be deleted, and delete nothing")
        parser.add_argument("--batch-size", type=batch_size, default=SIZE, help="rows per statement")

    def handle(self, **options: Any) -> None:
        backend = _backend()
        ages = self._ages(backend, options)
        batches = Batches(
            size=options["batch_size"],
            dry_run=options["dry_run"],
            progress=lambda fraction: progress.draw(self, options, fraction),
        )
        if options["state"] or options["task"]:
            removed = retention.prune_tasks(
                ages.by_age(), batches=batches, model=backend.TaskModel, task_names=options["task"]
            )
            pruned = retention.Pruned(task_results=removed)
        else:
            pruned = backend.prune(ages, batches)
        self._report(pruned, dry_run=options["dry_run"])

    def _ages(self, backend: DatabaseBackend, options: dict[str, Any]) -> retention.Ages:
        ages = retention.Ages.configured(backend.prepare_expires(None), backend.app.conf)
        if options["older_than"]:
            ages = replace(ages, default=options["older_than"], by_state={})
        if options["state"]:
            ages = ages.only(options["state"])
        if not ages.by_age() and (options["task"] or not ages.operations):
            raise CommandError(
                "Nothing expires: Celery's result_expires is 0 or None, and the setting RETENTION names no age for "
                "these states. Say --older-than."
            )
        return ages

    def _report(self, pruned: retention.Pruned, *, dry_run: bool) -> None:
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{verb} {pruned.task_results} task results, {pruned.group_results} group results, {pruned.chords} chords, "
            f"{pruned.messages} orphaned message records, {pruned.operations} operations."
        )


def _backend() -> DatabaseBackend:
    """The app's, with the models that a project gave it; one of ours where the app stores elsewhere by now."""
    app = known_app()
    found = app.backend
    return found if isinstance(found, DatabaseBackend) else DatabaseBackend(app)
