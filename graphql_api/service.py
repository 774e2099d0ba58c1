"""What this service is, as clients are told."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from django_celery_results import __version__
from django_celery_results.actions.storing_facts import storing_facts
from django_celery_results.conf import settings


@dataclass(frozen=True, kw_only=True)
class Service:
    """What this service is."""

    schema_hash: str
    version: str = __version__
    celery_version: str = metadata.version("celery")

    @property
    def result_extended(self) -> bool | None:
        return storing_facts().result_extended

    @property
    def retry_arguments_stored(self) -> bool | None:
        return storing_facts().retry_arguments_stored

    @property
    def page_size(self) -> int:
        return settings().page_size

    @property
    def max_page_size(self) -> int:
        return settings().max_page_size
