"""The admin of operations: who ordered what, and why. It shows what the API shows, and nothing can be changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from django_celery_results.models import Operation
from django_celery_results.policy.access import Action, policy
from django_celery_results.query import operations
from django_celery_results.query.session import Session
from django_celery_results.web_viewer import may, remembered_viewer, viewer_of

from . import values
from .listing import ResultAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

_HEAVY = ("input", "outcome", "undo")
_OF_WHOM = ("action", "state", "actor_name", "remote_address", "reason")
_OF_WHAT = ("task", "task_name", "new_task", "shown_input", "error_code", "started_at", "finished_at")


@admin.register(Operation)
class OperationAdmin(ResultAdmin):
    """Read-only; the policy decides which operations are shown, and what of each."""

    list_display = ("started_at", "action", "state", "actor_name", "task_id", "task_name", "error_code")
    list_filter = ("state", "started_at")
    search_fields = ("task_id__exact", "new_task_id__exact", "actor_name__exact")
    ordering = ("-started_at", "-id")
    sortable_by = ("started_at",)
    fields = (*_OF_WHOM, *_OF_WHAT)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        return policy().visible_operations(super().get_queryset(request), viewer_of(request)).defer(*_HEAVY)

    def has_view_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        return super().has_view_permission(request, obj) and may(request, Action.VIEW_OPERATION)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Operation | None = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=_("Task ID"))
    def task(self, operation: Operation) -> SafeString | str:
        return values.link_to_task(operation.task_id, remembered_viewer(operation))

    @admin.display(description=_("New Task ID"))
    def new_task(self, operation: Operation) -> SafeString | str:
        return values.link_to_task(operation.new_task_id, remembered_viewer(operation))

    @admin.display(description=_("Input"))
    def shown_input(self, operation: Operation) -> SafeString:
        told: Any = operations.told(Session(viewer=remembered_viewer(operation)), operation)
        if isinstance(told, dict):
            told = {name: value for name, value in told.items() if name != operations.FINGERPRINT}
        return values.preformatted(json.dumps(told, indent=2, ensure_ascii=False))
