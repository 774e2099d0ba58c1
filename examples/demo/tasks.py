"""Tasks as real projects have them: quick ones, a long one that reports progress, ones that fail."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from celery import Task, shared_task

from demo import config


class CardDeclined(Exception):
    """The bank said no."""


class OutOfPaper(Exception):
    """The printer needs paper."""


@shared_task
def send_mail(address: str, subject: str) -> dict[str, Any]:
    return {"address": address, "subject": subject, "accepted": True}


@shared_task
def charge_card(order: int, *, amount: str, card_token: str) -> None:
    raise CardDeclined(f"the bank declined {amount} for order {order}")


@shared_task
def print_report(report: dict[str, Any]) -> dict[str, Any]:
    """Fails the first time each report is printed. Run again, it proves by a digest which arguments it was given."""
    text = json.dumps(report, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    paper = config.folder() / f"paper-{digest[:16]}"
    if not paper.exists():
        paper.touch()
        raise OutOfPaper(f"no paper for {len(text)} characters; it was refilled now, so retry this task")
    return {"sha256": digest, "characters": len(text)}


@shared_task(bind=True)
def crunch_numbers(self: Task[..., int], steps: int = 60, pause: float = 1.0) -> int:
    for step in range(1, steps + 1):
        self.update_state(state="PROGRESS", meta={"current": step, "total": steps})
        time.sleep(pause)
    return steps


@shared_task
def remind(text: str) -> str:
    return text


@shared_task
def resize_image(name: str, width: int) -> str:
    return f"{name}-{width}.png"


@shared_task
def count_words(text: str) -> int:
    return len(text.split())


@shared_task
def add_up(numbers: list[int]) -> int:
    return sum(numbers)


@shared_task
def sync_customer(customer: str, changes: dict[str, Any], *, order: int, password: str, options: dict[str, Any]) -> int:
    return order


@shared_task
def leave_mark(path: str, seconds: float = 0.0) -> str:
    """Append a line to a file when it starts and when it ends, so that a check sees what really ran."""
    mark = Path(path)
    with mark.open("a") as file:
        file.write("started\n")
    time.sleep(seconds)
    with mark.open("a") as file:
        file.write("done\n")
    return path
