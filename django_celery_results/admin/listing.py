"""Admin lists that stay fast at a million rows: counts that stop, filters that read indexes, no payload loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import connections
from django.http import HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from django_celery_results import states
from django_celery_results.query.lookups import is_storable
from django_celery_results.query.tasks import HEAVY
from django_celery_results.web_viewer import remember_viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from django_celery_results.models import TaskResult

COUNT_UP_TO = 10_000
SUGGESTIONS = 50

_KNOWN_VALUES = """
    WITH RECURSIVE known (value, place) AS (
        SELECT MIN({column}), 1 FROM {table}
        UNION ALL
        SELECT (SELECT MIN({column}) FROM {table} WHERE {column} > known.value), place + 1
        FROM known WHERE known.value IS NOT NULL AND place < %s
    )
    SELECT value FROM known WHERE value IS NOT NULL
"""
"""Each step is one look into the column's index, where DISTINCT would read all of it."""


def known_values(rows: QuerySet[Any], column: str) -> list[str]:
    """The first distinct values that a column of the whole table has, whichever of its rows are asked for."""
    field = rows.model._meta.get_field(column)
    quote = connections[rows.db].ops.quote_name
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            _KNOWN_VALUES.format(column=quote(field.column), table=quote(field.model._meta.db_table)), [SUGGESTIONS]
        )
        return [value for (value,) in cursor.fetchall()]


def having(rows: QuerySet[Any], column: str, text: str) -> QuerySet[Any]:
    """The rows with exactly this text; none with one that databases refuse to be asked for."""
    return rows.filter(**{column: text}) if is_storable(text) else rows.none()


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than `COUNT_UP_TO` rows, so that neither the count nor the last page reads a whole table."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNT_UP_TO)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than the pages reach."""
        return self._counted > COUNT_UP_TO

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: COUNT_UP_TO + 1].count())


class ResultAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What tasks, groups and operations share."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return remember_viewer(super().get_object(request, object_id, from_field), request)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        everything = request.POST.get("select_across") == "1"
        if everything and self.get_paginator(request, queryset, self.list_per_page).count >= COUNT_UP_TO:
            text = _("Too many rows are selected. Narrow the list, or use the command line for work of this size.")
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)


class TaskChangeList(ChangeList):
    """Never orders by what is not shown, and lets the methods that show a field know who looks."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        ordering = super().get_ordering(request, queryset)
        return [each for each in ordering if _column_of(each) not in HEAVY]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for row in self.result_list:
            remember_viewer(row, request)


class LightChangeList(TaskChangeList):
    """Leaves arguments, results and tracebacks in the database: megabytes per page that no column shows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer(*HEAVY)


def _column_of(ordering: Any) -> str:
    """The column that a list is ordered by, whether it is named or an expression."""
    while not isinstance(ordering, str):
        named = getattr(ordering, "name", None) or getattr(ordering, "expression", None)
        if named is None:  # a function of several, for example
            return next((each for each in map(_column_of, ordering.get_source_expressions()) if each in HEAVY), "")
        ordering = named
    return ordering.lstrip("-").split("__")[0]


class StateFilter(admin.SimpleListFilter):
    """Celery's states by name, and whatever tasks set themselves as one choice: no DISTINCT over the table."""

    title = _("Task State")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        named = [(state.value, state.value) for state in states.NAMED]
        return [*named, (states.TaskState.CUSTOM.value, _("any other"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> QuerySet[TaskResult]:
        value = self.value()
        if not value:
            return queryset
        if value != states.TaskState.CUSTOM:
            return having(queryset, "status", value)
        known = known_values(queryset, "status")
        if len(known) == SUGGESTIONS:
            return queryset.exclude(status__in=states.NAMED)  # reads the whole table; nobody sets so many states
        return queryset.filter(status__in=[status for status in known if status not in states.NAMED])


class TextFilter(admin.ListFilter):
    """An exact value typed into a field that suggests some known ones, found one by one in the column's index."""

    template = "admin/django_celery_results/text_filter.html"
    column: str

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: Any) -> None:
        self.title = model._meta.get_field(self.column).verbose_name
        super().__init__(request, params, model, model_admin)
        self.parameter_name = f"{self.column}__exact"
        if self.parameter_name in params:
            # Django passes a list of values since 5.0.
            self.used_parameters[self.parameter_name] = params.pop(self.parameter_name)[-1]
        self.suggestions = self._suggestions(model_admin.get_queryset(request))

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    @property
    def value(self) -> str:
        return str(self.used_parameters.get(self.parameter_name, ""))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return having(queryset, self.column, self.value) if self.value else queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        others = {key: value for key, value in changelist.get_filters_params().items() if key != self.parameter_name}
        yield {
            "others": [(key, item) for key, items in others.items() for item in items],
            "clear": changelist.get_query_string(remove=[self.parameter_name]),
        }

    def _suggestions(self, rows: QuerySet[Any]) -> list[str]:
        # A policy that narrows the rows would turn every step into a scan of rows that are not shown.
        field = rows.model._meta.get_field(self.column)
        if rows.query.where or field.model is not rows.model:
            return []
        return known_values(rows, self.column)


class TaskNameFilter(TextFilter):
    column = "task_name"


class WorkerFilter(TextFilter):
    column = "worker"


class PeriodicTaskFilter(TextFilter):
    column = "periodic_task_name"
