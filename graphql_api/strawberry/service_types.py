"""The types of whoever asks, and of the service that answers."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

import strawberry

from django_celery_results import __version__
from django_celery_results.conf import settings
from django_celery_results.policy.access import Action

from .computed import computed
from .descriptions import described


@described
@strawberry.type
class Viewer:
    username: str | None
    permissions: list[str]
    can_view: bool = computed(lambda viewer: viewer.may(Action.VIEW))
    can_retry: bool = computed(lambda viewer: viewer.may(Action.RETRY))
    can_revoke: bool = computed(lambda viewer: viewer.may(Action.REVOKE))
    can_terminate: bool = computed(lambda viewer: viewer.may(Action.TERMINATE))
    can_delete: bool = computed(lambda viewer: viewer.may(Action.DELETE))


@described
@strawberry.type
class ServiceInfo:
    version: str
    celery_version: str
    schema_hash: str
    page_size: int
    max_page_size: int


@dataclass(frozen=True, kw_only=True)
class Service:
    """What this service is."""

    schema_hash: str
    version: str = __version__
    celery_version: str = metadata.version("celery")

    @property
    def page_size(self) -> int:
        return settings().page_size

    @property
    def max_page_size(self) -> int:
        return settings().max_page_size
