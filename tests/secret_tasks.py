"""Tasks with secrets among their parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Task, shared_task


def _logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return run


@shared_task
def login(user: str, password: str) -> str:
    return user


@shared_task(bind=True)
def verify(self: Task[Any, Any], user_id: int, otp: int, retries: int = 3) -> None:
    """A bound task."""


@shared_task
def restore(author: str, *backup_codes: str) -> None:
    """A task that takes any number of secrets."""


@shared_task
def call(url: str, auth: Any = None, signature: Any = None, pass_: Any = None) -> None:
    """A task whose secrets are optional."""


@shared_task
@_logged
def wrapped(user: str, pwd: str) -> None:
    """A task behind a decorator of the project's own."""


@shared_task
def rename(author: str, passenger: str, *, password: str = "") -> None:
    """A task whose secret is given by name only."""
