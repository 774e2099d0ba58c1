"""The admin of tasks, groups and operations. Projects import and subclass these classes, and register their own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from celery import current_app as celery_app
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from django_celery_results.conf import settings
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Action, policy
from django_celery_results.states import READY
from django_celery_results.web_viewer import may, remembered_viewer, viewer_of

from . import listing, task_page, values
from .acting import TaskActions, changelist_name
from .deleting import GroupDeletion, TaskDeletion
from .operations import OperationAdmin

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

__all__ = [
    "ALLOW_EDITS",
    "GroupResult",
    "GroupResultAdmin",
    "OperationAdmin",
    "TaskResult",
    "TaskResultAdmin",
    "celery_app",
    "logger",
]

logger = logging.getLogger(__name__)
ALLOW_EDITS: bool


def __getattr__(name: str) -> Any:
    if name == "ALLOW_EDITS":  # read late: projects import it, and tests change the setting
        return settings().allow_edits
    raise AttributeError(name)


@admin.register(TaskResult)
class TaskResultAdmin(task_page.ShownTask, TaskActions, TaskDeletion, listing.ResultAdmin):
    """Read-only unless `DJANGO_CELERY_RESULTS["ALLOW_EDITS"]`; the policy decides which rows and fields are shown."""

    model = TaskResult
    list_display = ("task_id", "periodic_task_name", "task_name", "date_created", "completed", "status", "worker")
    list_filter = (
        listing.StateFilter,
        "date_done",
        "date_created",
        listing.PeriodicTaskFilter,
        listing.TaskNameFilter,
        listing.WorkerFilter,
    )
    # Exact matches read indexes; a project that accepts scans sets other `search_fields`.
    search_fields = ("task_id__exact", "task_name__exact", "group_id__exact", "root_id__exact")
    search_help_text = _("Exactly a task ID, a task name, a group ID or a root task ID")
    sortable_by = ("task_id", "date_created", "completed")
    readonly_fields = ("date_created", "date_started", "date_done", "result", "meta")
    actions = ("retry_selected", "revoke_selected", "terminate_task")
    fieldsets = task_page.FIELDSETS

    @admin.display(description=_("Completed DateTime"), ordering="date_done")
    def completed(self, task: TaskResult) -> datetime | None:
        """`date_done` changes with every write: it is the end only of what has ended."""
        return task.date_done if task.status in READY else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskResult]:
        return policy().visible(super().get_queryset(request), viewer_of(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        # A project's own columns may show anything.
        own = type(self).list_display is not TaskResultAdmin.list_display
        return listing.TaskChangeList if own else listing.LightChangeList

    def has_view_permission(self, request: HttpRequest, obj: TaskResult | None = None) -> bool:
        return super().has_view_permission(request, obj) and may(request, Action.VIEW, obj)

    def has_delete_permission(self, request: HttpRequest, obj: TaskResult | None = None) -> bool:
        may_delete = super().has_delete_permission(request, obj) and may(request, Action.DELETE, obj)
        return may_delete and self.has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: TaskResult | None = None) -> bool:
        return self._is_editable() and super().has_change_permission(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Back to the list; Django takes who may not change rows to the index."""
        response = super().response_delete(request, obj_display, obj_id)
        if self.has_change_permission(request) or not self.has_view_permission(request):
            return response
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:{changelist_name(self)}"))

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        perms = super().get_model_perms(request)
        return {**perms, "add": perms["add"] and self._is_editable()}

    def get_readonly_fields(self, request: HttpRequest, obj: TaskResult | None = None) -> list[str]:
        edits = settings().allow_edits
        stored = [field.name for field in self.opts.fields if not (edits and field.editable)]
        return [*super().get_readonly_fields(request, obj), *stored, *task_page.COMPUTED]

    def _is_editable(self) -> bool:
        own = type(self).get_readonly_fields is not TaskResultAdmin.get_readonly_fields
        return own or settings().allow_edits

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        buttons = {"has_add_permission": self._is_editable() and self.has_add_permission(request)}
        return super().changelist_view(request, {**buttons, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self._is_editable():
            return super().add_view(request, form_url, extra_context)
        if request.method == "POST":
            raise PermissionDenied
        buttons = dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        return super().add_view(request, form_url, {**buttons, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: TaskResult, form: Any, change: bool) -> None:
        # A worker may have written the row since the form was shown: only what was edited is saved.
        obj.save(update_fields=form.changed_data if change else None)


@admin.register(GroupResult)
class GroupResultAdmin(GroupDeletion, listing.ResultAdmin):
    """Saved groups and their members; read-only unless `DJANGO_CELERY_RESULTS["ALLOW_EDITS"]`."""

    model = GroupResult
    list_display = ("group_id", "date_created", "date_done")
    list_filter = ("date_created", "date_done")
    search_fields = ("group_id__exact",)
    search_help_text = _("Exactly a group ID")
    readonly_fields = ("date_created", "date_done", "result")
    fields = ("group_id", "content_type", "content_encoding", "date_created", "date_done", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupResult]:
        return policy().visible_groups(super().get_queryset(request), viewer_of(request))

    def has_view_permission(self, request: HttpRequest, obj: GroupResult | None = None) -> bool:
        return super().has_view_permission(request, obj) and may(request, Action.VIEW_GROUP)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return settings().allow_edits and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: GroupResult | None = None) -> bool:
        return settings().allow_edits and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: GroupResult | None = None) -> bool:
        may_delete = super().has_delete_permission(request, obj) and may(request, Action.DELETE_GROUP)
        return may_delete and self.has_view_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: GroupResult | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "members"]

    @admin.display(description=_("Tasks"))
    def members(self, group: GroupResult) -> SafeString | str:
        return values.members(group, remembered_viewer(group))
