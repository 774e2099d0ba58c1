"""The types of whoever asks, and of the service that answers."""

from __future__ import annotations

from typing import Any

from graphene import Boolean, Int, String

from django_celery_results.policy.access import Action

from .descriptions import ObjectType
from .fields import computed, many


def may(action: Action) -> Any:
    """A field that says whether the viewer may do this."""
    return computed(Boolean, lambda viewer: viewer.may(action), required=True)


class Viewer(ObjectType):
    username = String()
    permissions = many(String)
    can_view = may(Action.VIEW)
    can_retry = may(Action.RETRY)
    can_revoke = may(Action.REVOKE)
    can_terminate = may(Action.TERMINATE)
    can_delete = may(Action.DELETE)


class ServiceInfo(ObjectType):
    version = String(required=True)
    celery_version = String(required=True)
    schema_hash = String(required=True)
    result_extended = Boolean()
    retry_arguments_stored = Boolean()
    page_size = Int(required=True)
    max_page_size = Int(required=True)
