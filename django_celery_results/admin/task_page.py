"""The admin page of one task: which fields it shows to whom, and how."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from django_celery_results.policy.access import Action
from django_celery_results.query import hidden
from django_celery_results.query.conditions import all_of
from django_celery_results.web_viewer import may, remembered_viewer, viewer_of

from . import values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from django_celery_results.models import TaskResult

    _Base = admin.ModelAdmin[TaskResult]
else:
    _Base = object

PERMISSION_OF = {
    "task_args": Action.VIEW_PAYLOAD,
    "task_kwargs": Action.VIEW_PAYLOAD,
    "result": Action.VIEW_PAYLOAD,
    "meta": Action.VIEW_PAYLOAD,
    "traceback": Action.VIEW_TRACEBACK,
}
SHOWN_BY = {
    "task_args": "shown_args",
    "task_kwargs": "shown_kwargs",
    "result": "shown_result",
    "meta": "shown_meta",
    "traceback": "shown_traceback",
}
LINKS = ("group", "root", "parent", "retry_of", "retried_as")
COMPUTED = (*SHOWN_BY.values(), *LINKS)
_IDENTITY = ("task_id", "task_name", "periodic_task_name", "status", "worker", "queue", "priority", "retries")
_TIMES = ("date_created", "date_started", "date_done", "eta")
FIELDSETS: Any = (
    (None, {"fields": (*_IDENTITY, "content_type", "content_encoding"), "classes": ("extrapretty", "wide")}),
    (_("Parameters"), {"fields": ("task_args", "task_kwargs"), "classes": ("extrapretty", "wide")}),
    (
        _("Result"),
        {"fields": ("result", *_TIMES, "error_type", "traceback", "meta"), "classes": ("extrapretty", "wide")},
    ),
    (_("Related"), {"fields": LINKS, "classes": ("extrapretty", "wide")}),
)


class ShownTask(_Base):
    """Payload and traceback need their permissions, also where they are only searched or filtered by."""

    def get_fieldsets(self, request: HttpRequest, obj: TaskResult | None = None) -> Any:
        sections = (
            (title, {**options, "fields": self._shown(request, obj, options["fields"])})
            for title, options in super().get_fieldsets(request, obj)
        )
        return [(title, options) for title, options in sections if options["fields"]]

    def _shown(self, request: HttpRequest, obj: TaskResult | None, names: Sequence[Any]) -> list[Any]:
        readonly = self.get_readonly_fields(request, obj)
        lines = [
            tuple(self._shown(request, obj, name))
            if isinstance(name, list | tuple)
            else self._shown_as(request, obj, name, readonly)
            for name in names
            if _may_see(request, name, obj)
        ]
        return [line for line in lines if line]

    def _shown_as(self, request: HttpRequest, obj: TaskResult | None, name: str, readonly: Sequence[Any]) -> str:
        """The method that shows a column readably; the column itself where it is edited and nothing in it secret."""
        method = SHOWN_BY.get(name)
        if method is None or method not in readonly:
            return name
        return name if name not in readonly and self._may_edit(request, obj, name) else method

    def _may_edit(self, request: HttpRequest, obj: TaskResult | None, name: str) -> bool:
        if obj is None:
            return True  # the page that adds one
        is_allowed = self.has_change_permission(request, obj)
        return is_allowed and not values.holds_secret(viewer_of(request), obj, name)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.required = field.required and not db_field.null  # who corrects a name need not invent a worker
            field.show_hidden_initial = True  # tells what was edited from what a worker wrote meanwhile
        return field

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # A filter would guess secrets letter by letter.
        is_payload = not PERMISSION_OF.keys().isdisjoint(lookup.split("__"))
        return not is_payload and super().lookup_allowed(lookup, value, request)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [
            path for path in super().get_search_fields(request)
            if all(_may_see(request, part) for part in _parts(path))
        ]  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskResult], search_term: str
    ) -> tuple[QuerySet[TaskResult], bool]:
        """Payloads are searched in rows that show them whole: a search would guess secrets letter by letter, too."""
        paths = self.get_search_fields(request)
        columns = {part for path in paths for part in _parts(path) if part in PERMISSION_OF}
        if not columns or not search_term:
            return super().get_search_results(request, queryset, search_term)
        plain = [path for path in paths if columns.isdisjoint(_parts(path))]
        found, may_repeat = self._searched(plain, request, queryset, search_term) if plain else (queryset.none(), False)
        if hidden.can_filter():
            whole = queryset.filter(all_of(hidden.shown_whole(column) for column in columns))
            # Columns of other tables say by another path what is hidden in them.
            own = [path for path in paths if columns.isdisjoint(_parts(path)[1:])]
            deep, repeats = self._searched(own, request, whole, search_term)
            found, may_repeat = found | deep, may_repeat or repeats
        return found, may_repeat

    def _searched(
        self, paths: list[str], request: HttpRequest, rows: QuerySet[TaskResult], text: str
    ) -> tuple[QuerySet[TaskResult], bool]:
        """What Django finds in these paths. It asks an admin for them, so a copy answers."""
        searcher: Any = copy(self)
        searcher.get_search_fields = lambda _: paths
        return super(ShownTask, searcher).get_search_results(request, rows, text)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Columns of a project's own show payloads as the page of a task does; who edits in the list sees the text."""
        return [
            name if name in self.list_editable else SHOWN_BY.get(name, name) if isinstance(name, str) else name
            for name in super().get_list_display(request)
        ]

    def get_list_display_links(self, request: HttpRequest, list_display: Sequence[Any]) -> Any:
        links = super().get_list_display_links(request, list(list_display))
        return links and [SHOWN_BY.get(name, name) if isinstance(name, str) else name for name in links]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        # Django's own filters list all values that a column has.
        def lists_payloads(entry: Any) -> bool:
            path = entry[0] if isinstance(entry, list | tuple) else entry
            return isinstance(path, str) and not PERMISSION_OF.keys().isdisjoint(_parts(path))

        return [entry for entry in super().get_list_filter(request) if not lists_payloads(entry)]

    @admin.display(description=_("Task Positional Arguments"))
    def shown_args(self, task: TaskResult) -> SafeString | str:
        return values.payload(remembered_viewer(task), task, "task_args")

    @admin.display(description=_("Task Named Arguments"))
    def shown_kwargs(self, task: TaskResult) -> SafeString | str:
        return values.payload(remembered_viewer(task), task, "task_kwargs")

    @admin.display(description=_("Result Data"))
    def shown_result(self, task: TaskResult) -> SafeString | str:
        return values.payload(remembered_viewer(task), task, "result")

    @admin.display(description=_("Task Meta Information"))
    def shown_meta(self, task: TaskResult) -> SafeString | str:
        return values.meta(remembered_viewer(task), task)

    @admin.display(description=_("Traceback"))
    def shown_traceback(self, task: TaskResult) -> SafeString | str:
        return values.traceback(remembered_viewer(task), task)

    @admin.display(description=_("Group"))
    def group(self, task: TaskResult) -> SafeString | str:
        return values.link_to_group(task.group_id, remembered_viewer(task))

    @admin.display(description=_("Root task"))
    def root(self, task: TaskResult) -> SafeString | str:
        return values.link_to_task(task.root_id, remembered_viewer(task))

    @admin.display(description=_("Parent task"))
    def parent(self, task: TaskResult) -> SafeString | str:
        return values.link_to_task(task.parent_id, remembered_viewer(task))

    @admin.display(description=_("Retry of"))
    def retry_of(self, task: TaskResult) -> SafeString | str:
        return values.link_to_task(task.retried_from, remembered_viewer(task))

    @admin.display(description=_("Retried as"))
    def retried_as(self, task: TaskResult) -> SafeString | str:
        return values.retries_of(task, remembered_viewer(task))


def _parts(path: str) -> list[str]:
    """The columns and lookups of a search field or a filter."""
    return path.lstrip("^=@").split("__")


def _may_see(request: HttpRequest, name: Any, task: TaskResult | None = None) -> bool:
    return not isinstance(name, str) or name not in PERMISSION_OF or may(request, PERMISSION_OF[name], task)
