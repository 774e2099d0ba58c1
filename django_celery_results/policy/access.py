"""What a viewer may see and do: Django's model permissions, narrowed by the one class a project overrides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from django_celery_results.conf import settings
from django_celery_results.exceptions import Forbidden, Unauthenticated

from . import redaction
from .viewer import Viewer

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_celery_results.models import GroupResult, Operation, TaskResult


class Action(StrEnum):
    """Everything that needs a permission; the value is the permission's codename."""

    VIEW = "view_taskresult"
    VIEW_GROUP = "view_groupresult"
    VIEW_PAYLOAD = "view_payload"
    VIEW_TRACEBACK = "view_traceback"
    VIEW_OPERATION = "view_operation"
    RETRY = "retry_taskresult"
    OVERRIDE = "override_taskresult"
    REVOKE = "revoke_taskresult"
    TERMINATE = "terminate_taskresult"
    KILL = "kill_taskresult"
    DELETE = "delete_taskresult"
    DELETE_GROUP = "delete_groupresult"

    @property
    def permission(self) -> str:
        """As Django's `has_perm` takes it."""
        return f"django_celery_results.{self.value}"


class Policy:
    """The default: model permissions decide, and whoever may view sees every row.

    Subclass it and name the subclass in `DJANGO_CELERY_RESULTS = {"POLICY": "dotted.path"}`.
    """

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        """The rows this viewer may know of: for lists, single rows, counts, statistics, groups and bulk actions."""
        return queryset

    def visible_groups(self, queryset: QuerySet[GroupResult], viewer: Viewer) -> QuerySet[GroupResult]:
        """The groups this viewer may know of. Their tasks are narrowed by `visible` as well."""
        return queryset

    def visible_operations(self, queryset: QuerySet[Operation], viewer: Viewer) -> QuerySet[Operation]:
        """The operations this viewer may know of, once `may` allowed `Action.VIEW_OPERATION`.

        By default all; only their own where `visible` is overridden, as its rule speaks of tasks.
        """
        if type(self).visible is Policy.visible or viewer.is_system:
            return queryset
        return queryset.none() if viewer.identity is None else queryset.filter(actor_id=viewer.identity)

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        """Whether the viewer may do this to this task, or at all where no task is given.

        With `Action.RETRY` the task may be one without a row: its name, and perhaps its queue, as a signature within
        the message of another task has them.
        """
        if viewer.is_system:
            return True
        if not viewer.is_authenticated or viewer.user is None:
            return False
        return bool(viewer.user.has_perm(action.permission))  # type: ignore[union-attr]

    def may_override(self, viewer: Viewer, overrides: Mapping[str, Any], task: TaskResult | None = None) -> bool:
        """Whether the viewer may change these fields of a task that they run again.

        Asked after `may`, with `Action.RETRY`, allowed the retry.

        Args:
            viewer: Who asks.
            overrides: The values that are given, by the names of the fields of `RetryOverrides`, such as `queue`.
            task: The task that is run again; None asks whether they may change this at all.
        """
        return self.may(viewer, Action.OVERRIDE, task)

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        """A decoded value as it may be shown, and whether anything was hidden."""
        if redaction.hides_task(task_name):
            return redaction.HIDDEN, True
        return redaction.redact(value)


def redact_arguments(value: Any, *, task_name: str | None) -> tuple[Any, bool]:
    """Positional arguments, decoded or as text, as they may be shown, and whether anything was hidden.

    Those that the task's signature names a secret are hidden before the project's own `redact` sees the rest.
    """
    known, by_name = redaction.redact_arguments(value, task_name)
    shown, by_policy = policy().redact(known, task_name=task_name)
    return shown, by_name or by_policy


def policy() -> Policy:
    """The project's policy."""
    found: Policy = import_string(settings().policy)()
    return found


def narrows(viewer: Viewer) -> bool:
    """Whether a rule of the project's own may hide tasks from this viewer; from the system none does."""
    return type(policy()).visible is not Policy.visible and not viewer.is_system


def require(viewer: Viewer, action: Action, task: TaskResult | None = None) -> None:
    """Raise `Unauthenticated` or `Forbidden` unless the viewer may do this."""
    if not viewer.is_authenticated:
        raise Unauthenticated
    if not policy().may(viewer, action, task):
        raise Forbidden(action.permission)
