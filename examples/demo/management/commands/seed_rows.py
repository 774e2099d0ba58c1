"""Fills the tables with generated rows, where they are not there yet."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import BaseCommand
from django.db import transaction

from demo.rows import COUNT, Rows
from django_celery_results.models import GroupResult, TaskMessage, TaskResult


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=COUNT)

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        rows = Rows(count)
        if TaskResult.objects.filter(task_id=rows.ids[-1]).exists():
            return
        with transaction.atomic():
            tasks = list(rows.tasks())
            self._create(tasks)
            self._create(list(rows.groups(tasks)))
            TaskMessage.objects.bulk_create(list(rows.messages(tasks)), batch_size=500)

    def _create(self, rows: Sequence[TaskResult | GroupResult]) -> None:
        dates = [(row.date_created, row.date_done) for row in rows]
        objects: Any = type(rows[0])._default_manager
        created = objects.bulk_create(rows, batch_size=500)
        for row, (date_created, date_done) in zip(created, dates, strict=True):
            row.date_created, row.date_done = date_created, date_done  # instead of the clock, which bulk_create wrote
        objects.bulk_update(created, ["date_created", "date_done"], batch_size=200)
