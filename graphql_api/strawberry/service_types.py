"""The types of whoever asks, and of the service that answers."""

from __future__ import annotations

import strawberry

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
    result_extended: bool | None
    retry_arguments_stored: bool | None
    page_size: int
    max_page_size: int
