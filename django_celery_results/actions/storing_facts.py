"""What this process's Celery app is told to store: why arguments may be missing, and whether a retry will have them."""

from __future__ import annotations

from dataclasses import dataclass

from django_celery_results import message
from django_celery_results.registered_tasks import is_unconfigured, known_app


@dataclass(frozen=True, kw_only=True)
class StoringFacts:
    """None where this process has no configured app."""

    result_extended: bool | None
    retry_arguments_stored: bool | None


def storing_facts() -> StoringFacts:
    """As the configuration says; single tasks may say otherwise."""
    app = known_app()
    if is_unconfigured(app):
        return StoringFacts(result_extended=None, retry_arguments_stored=None)
    return StoringFacts(
        result_extended=bool(app.conf.result_extended), retry_arguments_stored=message.mode_of(app) != "never"
    )
