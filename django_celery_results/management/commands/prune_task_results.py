"""Delete task results, groups, chords and message records that have expired."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from celery import Celery, current_app
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from django_celery_results import retention
from django_celery_results.conf import settings

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_BAR = 40


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
        parser.add_argument("--batch-size", type=batch_size, default=retention.BATCH_SIZE, help="rows per statement")

    def handle(self, **options: Any) -> None:
        ages = self._ages(options["older_than"], options["state"])
        batches = retention.Batches(
            size=options["batch_size"],
            dry_run=options["dry_run"],
            progress=self._draw if self.stdout.isatty() and options["verbosity"] else lambda fraction: None,
        )
        if options["state"] or options["task"]:
            pruned = retention.Pruned(
                task_results=retention.prune_tasks(ages.by_age(), batches=batches, task_names=options["task"])
            )
        else:
            pruned = retention.prune(ages, batches=batches)
        self._report(pruned, dry_run=options["dry_run"])

    def _ages(self, older_than: float | None, states: list[str]) -> retention.Ages:
        if older_than:
            ages = retention.Ages(default=older_than, operations=settings().operation_retention)
        else:
            chord_expires = _app().conf.get("result_chord_expires")  # Celery has it since 5.7
            ages = retention.Ages.configured(result_expires(), chord_expires=chord_expires)
        if states:
            ages = ages.only(states)
        if not any(ages.by_age()) and not ages.operations:
            raise CommandError(
                "Nothing expires: Celery's result_expires is 0 or None, and the setting RETENTION names no age for "
                "these states. Say --older-than."
            )
        return ages

    def _draw(self, fraction: float) -> None:
        done = round(fraction * _BAR)
        end = "\n" if fraction >= 1 else ""
        self.stdout.write(f"\r[{'#' * done}{'.' * (_BAR - done)}] {fraction:4.0%}", ending=end)
        self.stdout.flush()

    def _report(self, pruned: retention.Pruned, *, dry_run: bool) -> None:
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{verb} {pruned.task_results} task results, {pruned.group_results} group results, {pruned.chords} chords, "
            f"{pruned.messages} orphaned message records, {pruned.operations} operations."
        )


def result_expires() -> float | None:
    """Celery's setting in seconds."""
    expires: timedelta | float | None = _app().conf.result_expires
    return expires.total_seconds() if isinstance(expires, timedelta) else expires


def _app() -> Celery:
    """The app that the setting CELERY_APP names, else the current one."""
    path = settings().celery_app
    app: Celery = import_string(path.replace(":", ".")) if path else current_app
    return app
