"""Deletion in the admin, by the same core as the API: the policy is asked for each row, and each leaves an operation.

Django's pages delete within a transaction of their own, so what is recorded there is committed with the deletion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied

from django_celery_results.actions import forget
from django_celery_results.web_viewer import viewer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from django_celery_results.actions.outcome import Refusal
    from django_celery_results.models import GroupResult, TaskResult
    from django_celery_results.policy.viewer import Viewer

_BATCH = 500
"""Rows of one statement."""


class RecordedDeletion(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mix into an admin whose deletions go on record; a subclass says how."""

    def forget_rows(self, viewer: Viewer, rows: Sequence[Any], delete: Callable[[Sequence[Any]], Any]) -> list[Refusal]:
        """Delete the rows that the viewer may delete, by `delete`, and return why the others stay."""
        raise NotImplementedError

    def record_refused(self, viewer: Viewer, rows: Sequence[Any]) -> None:
        """Put on record which of these rows the viewer tried to delete and may not."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete = super().delete_model
        for refusal in self.forget_rows(viewer_of(request), [obj], lambda rows: [delete(request, row) for row in rows]):
            raise PermissionDenied(refusal.message)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        delete = super().delete_queryset
        rows = list(queryset)
        refused: list[Refusal] = []
        for start in range(0, len(rows), _BATCH):
            refused += self.forget_rows(
                viewer_of(request),
                rows[start : start + _BATCH],
                lambda allowed: delete(request, queryset.filter(pk__in=[row.pk for row in allowed])),
            )
        for message in dict.fromkeys(refusal.message for refusal in refused):
            self.message_user(request, message, messages.WARNING)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if request.method == "POST" else None
        if row is not None and not self.has_delete_permission(request, row):  # Django refuses it below
            self.record_refused(viewer_of(request), [row])
        return super().delete_view(request, object_id, extra_context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Called by the action before it deletes, and refuses all where one row may not be deleted."""
        if request.POST.get("post"):
            self.record_refused(viewer_of(request), objs)
        return super().get_deleted_objects(objs, request)


class TaskDeletion(RecordedDeletion):
    """Deletes results of tasks."""

    def forget_rows(
        self, viewer: Viewer, rows: Sequence[TaskResult], delete: Callable[[Sequence[TaskResult]], Any]
    ) -> list[Refusal]:
        refused = forget.forget_many(forget.order_of(viewer), rows, delete)
        return [refusal for refusals in refused.values() for refusal in refusals]

    def record_refused(self, viewer: Viewer, rows: Sequence[TaskResult]) -> None:
        forget.record_refused(viewer, rows)


class GroupDeletion(RecordedDeletion):
    """Deletes saved groups; their tasks stay."""

    def forget_rows(
        self, viewer: Viewer, rows: Sequence[GroupResult], delete: Callable[[Sequence[GroupResult]], Any]
    ) -> list[Refusal]:
        refusal = forget.forget_groups(viewer, rows, delete)
        return [refusal] if refusal else []

    def record_refused(self, viewer: Viewer, rows: Sequence[GroupResult]) -> None:
        forget.record_refused_groups(viewer, rows)
