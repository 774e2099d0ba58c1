"""Which tasks a bulk action is about: ids, or the same filter as the list's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

from django_celery_results.exceptions import Forbidden, QueryError
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import lookups, tasks
from django_celery_results.query.filters import TaskResultFilter, condition
from django_celery_results.query.key_filters import KeyFilter

from .guards import database
from .outcome import ErrorCode, refuse

_PARTS = ("contains", "starts_with", "ends_with", "i_contains", "i_starts_with", "i_ends_with")
MAX_TASKS = 1_000
"""Tasks that one request handles."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Exactly one of the three."""

    ids: tuple[int, ...] | None = None
    """Primary keys of rows."""
    task_ids: tuple[str, ...] | None = None
    filter: TaskResultFilter | None = None

    def rows(self, viewer: Viewer) -> QuerySet[TaskResult]:
        """The visible rows, as the writing database has them."""
        self._check()
        try:
            found = tasks.selected(viewer, self.filter)
        except Forbidden as error:
            refuse(ErrorCode.FORBIDDEN, error.message, permission=error.permission)
        except QueryError as error:
            refuse(ErrorCode.INVALID_INPUT, error.message, path=("select",))
        if self.ids is not None:
            found = found.filter(KeyFilter(in_=self.ids).condition("pk"))
        if self.task_ids is not None:
            # Of an id that no column can hold there is no row, and databases refuse to be asked.
            found = found.filter(lookups.one_of("task_id", list(filter(lookups.is_storable, self.task_ids))))
        return found.using(database())

    def as_input(self) -> dict[str, Any]:
        """For the audit: what was given."""
        given = {"ids": self.ids, "task_ids": self.task_ids, "filter": self.filter and _given(asdict(self.filter))}
        return {name: value for name, value in given.items() if value is not None}

    def _check(self) -> None:
        given = [value for value in (self.ids, self.task_ids, self.filter) if value is not None]
        if len(given) != 1:
            refuse(ErrorCode.INVALID_INPUT, "Select tasks by ids, by task ids or by a filter.", path=("select",))
        if self.filter is not None and self._is_everything(self.filter):
            refuse(ErrorCode.INVALID_INPUT, "This filter selects everything: say which tasks.", path=("select",))
        count = len(self.ids or self.task_ids or ())
        if count > MAX_TASKS:
            refuse(
                ErrorCode.SELECTION_TOO_LARGE,
                f"{count} ids are more than the {MAX_TASKS} that one request takes: send them in parts.",
                path=("select",),
                matched_count=count,
                limit=MAX_TASKS,
            )

    @staticmethod
    def _is_everything(where: TaskResultFilter) -> bool:
        """Whether nothing is asked of a task: `{}`, `{taskName: {contains: ""}}`, `{or: [{isReady: true}, {}]}`."""
        try:
            return not condition(where) or _has_empty_text(asdict(where))
        except QueryError as error:
            refuse(ErrorCode.INVALID_INPUT, error.message, path=("select",))


def _has_empty_text(value: Any) -> bool:
    """Whether something is to contain, begin or end with nothing, as everything does: a form's field left empty."""
    if isinstance(value, dict):
        return any((name in _PARTS and item == "") or _has_empty_text(item) for name, item in value.items())
    return isinstance(value, list | tuple) and any(map(_has_empty_text, value))


def _given(value: Any) -> Any:
    """Without what is not set, at any depth."""
    if isinstance(value, dict):
        inner = {name: _given(item) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item not in (None, {}, [], ())}
    if isinstance(value, list | tuple):
        return [_given(item) for item in value]
    return value
