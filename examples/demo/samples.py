"""The sample tasks. Each has an id of its own that never changes, so that a second start sends only what is missing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from celery import chord, group
from django.db.models import Q

from demo import tasks
from demo.config import sample_id
from demo.report import REPORT
from django_celery_results.models import TaskResult

if TYPE_CHECKING:
    from celery.result import GroupResult

UNFINISHED = ("PENDING", "RECEIVED", "STARTED", "RETRY", "PROGRESS")


def _mail() -> None:
    for number in range(1, 6):
        tasks.send_mail.apply_async(
            (f"reader{number}@example.org", "Welcome"), task_id=sample_id("mail" if number == 5 else f"mail-{number}")
        )


def _charge() -> None:
    tasks.charge_card.apply_async(
        (1042,), {"amount": "19.90 EUR", "card_token": "tok_not_shown"}, task_id=sample_id("charge")
    )


def _report() -> None:
    tasks.print_report.apply_async((REPORT,), task_id=sample_id("report"))


def _crunch() -> None:
    tasks.crunch_numbers.apply_async(task_id=sample_id("crunch"))


def _reminder() -> None:
    tasks.remind.apply_async(("Tea is ready",), countdown=3600, task_id=sample_id("reminder"))


def _images() -> None:
    resizing = group(
        tasks.resize_image.s("cat", width).set(task_id=sample_id("images" if width == 320 else f"images-{width}"))
        for width in (1280, 640, 320)
    )
    cast("GroupResult", resizing.apply_async(task_id=sample_id("images-group"))).save()


def _words() -> None:
    counting = [tasks.count_words.s(text) for text in ("to be or not", "to be that", "is the question")]
    chord(counting)(tasks.add_up.s().set(task_id=sample_id("words")))


SAMPLES: dict[str, Callable[[], None]] = {
    "crunch": _crunch,
    "mail": _mail,
    "charge": _charge,
    "report": _report,
    "images": _images,
    "words": _words,
    "reminder": _reminder,
}


def missing(*, queue_was_lost: bool) -> list[str]:
    """The samples that were not sent before, or that were lost with their queue."""
    kept = ~Q(status__in=UNFINISHED) if queue_was_lost else Q()
    known = set(TaskResult.objects.filter(kept).values_list("task_id", flat=True))
    return [name for name in SAMPLES if sample_id(name) not in known]
