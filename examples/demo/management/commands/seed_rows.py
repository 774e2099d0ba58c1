"""Fills the tables with generated rows, where they are not there yet."""

from argparse import ArgumentParser
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
            GroupResult.objects.bulk_create(list(rows.groups()))
            tasks = list(rows.tasks())
            self._create(tasks)
            TaskMessage.objects.bulk_create(list(rows.messages(tasks)), batch_size=500)

    def _create(self, tasks: list[TaskResult]) -> None:
        dates = [(task.date_created, task.date_done) for task in tasks]
        created = TaskResult.objects.bulk_create(tasks, batch_size=500)
        for task, (date_created, date_done) in zip(created, dates, strict=True):
            task.date_created, task.date_done = date_created, date_done  # instead of the clock, which bulk_create wrote
        TaskResult.objects.bulk_update(created, ["date_created", "date_done"], batch_size=200)
