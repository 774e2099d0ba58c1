"""One viewer's questions within one request: which large columns they read, and which rows came together.

Rows that came together are siblings: what belongs to one of them is loaded for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer

from . import cursors, payloads, tasks
from .filters import TaskResultFilter
from .ordering import TaskResultOrder
from .pages import Page, PageRequest
from .tasks import HEAVY, TaskRef


@dataclass(kw_only=True)
class Session:
    """Ask through one of these where several questions belong together."""

    viewer: Viewer
    columns: Collection[str] = HEAVY
    """The large columns that will be read; lists leave the others in the database."""
    _siblings: dict[int, Sequence[TaskResult]] = field(default_factory=dict)
    _by_id: dict[str, TaskResult | None] = field(default_factory=dict)
    _loaded: dict[Any, Any] = field(default_factory=dict)

    def find(self, ref: TaskRef) -> TaskResult | None:
        """The task, if the viewer may know of it."""
        found = self.load(tasks.visible(self.viewer).filter(ref.condition()).order_by()[:1])
        return found[0] if found else None

    def by_pks(self, pks: Collection[int]) -> dict[int, TaskResult]:
        """The visible rows of these primary keys, in one query."""
        rows = tasks.visible(self.viewer).filter(pk__in=pks).order_by()
        return {row.pk: row for row in self.load(rows)} if pks else {}

    def page(
        self,
        request: PageRequest,
        *,
        where: TaskResultFilter | None = None,
        order: TaskResultOrder | None = None,
        within: Q | None = None,
    ) -> Page[TaskResult]:
        """A page of the visible rows that match. `within` narrows the list to those of one parent or group."""
        order = order or TaskResultOrder()
        rows = tasks.selected(self.viewer, where)
        mark = cursors.fingerprint("tasks", order, where, within)
        return Page(rows, order, request, mark, load=self.load, within=within)

    def load(self, rows: QuerySet[TaskResult]) -> list[TaskResult]:
        """The rows with the large columns this session reads, noted as siblings."""
        found = list(payloads.heads(rows, self.columns, of=HEAVY))
        # By identity: a row may come again with others. The lists keep the rows alive, so no identity is used twice.
        self._siblings.update(dict.fromkeys(map(id, found), found))
        return found

    def siblings(self, row: TaskResult) -> Sequence[TaskResult]:
        """The rows that came together with this one."""
        return self._siblings.get(id(row)) or [row]

    def by_id(self, task_id: str | None, *, also: Iterable[str | None] = ()) -> TaskResult | None:
        """The visible row of a task id; the ids in `also` are about to be asked for, and are loaded with it."""
        if task_id is None:
            return None
        if task_id not in self._by_id:
            missing = {known for known in (task_id, *also) if known is not None and known not in self._by_id}
            self._by_id.update(dict.fromkeys(missing))
            found = self.load(tasks.visible(self.viewer).filter(task_id__in=missing).order_by())
            self._by_id.update({row.task_id: row for row in found})
        return self._by_id[task_id]

    def once(self, key: Any, load: Callable[[], Any]) -> Any:
        """The value of `load`, computed at the first time."""
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]
