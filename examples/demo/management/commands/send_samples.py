"""Sends the sample tasks that are not there yet."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from demo import samples
from demo.celery import app


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue-was-lost", action="store_true", help="send those again that have not finished")

    def handle(self, *args: Any, queue_was_lost: bool, **options: Any) -> None:
        try:
            for name in samples.missing(queue_was_lost=queue_was_lost):
                samples.SAMPLES[name]()
        except OperationalError as error:
            broker = app.connection_for_write().as_uri()
            raise CommandError(f"the broker at {broker} cannot be used: {error}") from error
