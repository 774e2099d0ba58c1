"""One viewer's questions within one request: which large columns they read, and which rows came together.

Rows that came together are siblings: what belongs to one of them is loaded for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Model, Q, QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy, policy
from django_celery_results.policy.viewer import Viewer

from . import instances, ordering, payloads, tasks
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
    light: Collection[str] | None = None
    """The other columns that will be read; None: any."""
    _siblings: dict[int, Sequence[TaskResult]] = field(default_factory=dict)
    _by_id: dict[str, TaskResult | None] = field(default_factory=dict)
    _loaded: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def visible(self) -> QuerySet[TaskResult]:
        """Every row the viewer may know of."""
        return tasks.visible(self.viewer)

    def find(self, ref: TaskRef) -> TaskResult | None:
        """The task, if the viewer may know of it."""
        found = self.load(self.visible.filter(ref.condition()).order_by()[:1])
        return found[0] if found else None

    def by_pks(self, pks: Collection[int]) -> dict[int, TaskResult]:
        """The visible rows of these primary keys, in one query."""
        rows = self.visible.filter(pk__in=pks).order_by()
        return {row.pk: row for row in self.load(rows)} if pks else {}

    def page(
        self,
        request: PageRequest,
        *,
        where: TaskResultFilter | None = None,
        order: TaskResultOrder | None = None,
        within: Q | Callable[[], Q] | None = None,
    ) -> Page[TaskResult]:
        """A page of the visible rows that match. `within` narrows the list to those of one parent or group."""
        order = order or TaskResultOrder()
        ordering.require(order)
        rows = tasks.selected(self.viewer, where) if where else self.visible
        return Page(rows, order, request, ("tasks", order, where), load=self.load, within=within)

    def load(self, rows: QuerySet[TaskResult]) -> list[TaskResult]:
        """The rows with the columns this session reads, noted as siblings."""
        heads = payloads.heads(self.columns)
        rows = rows.annotate(**heads) if heads else rows
        found = instances.load(rows, ("task_id", *self.light_columns(TaskResult)), heads)
        if heads:
            payloads.attach(found, self.columns, rows)
        # By identity: a row may come again with others. The lists keep the rows alive, so no identity is used twice.
        self._siblings.update(dict.fromkeys(map(id, found), found))
        return found

    def light_columns(self, model: type[Model]) -> list[str]:
        """Those to load of a model's rows."""
        every = (column.attname for column in model._meta.concrete_fields if column.attname not in HEAVY)
        return [name for name in every if self._light is None or name in self._light]

    @cached_property
    def _light(self) -> Collection[str] | None:
        """A policy of the project's own may look at any."""
        return self.light if type(policy()).may is Policy.may else None

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
            found = self.load(self.visible.filter(task_id__in=missing).order_by())
            self._by_id.update({row.task_id: row for row in found})
        return self._by_id[task_id]

    def once(self, key: Any, load: Callable[[], Any]) -> Any:
        """The value of `load`, computed at the first time."""
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]

    def together(self, key: Any, rows: Sequence[Any], load: Callable[[], Any]) -> Any:
        """The value of `load` for rows that came together, computed at the first of them. Naming all of them by a key
        for each of them would take the square of their number."""
        # The rows are kept, so that no others have their identity.
        return self.once((key, id(rows)), lambda: (rows, load()))[1]

    def forget(self) -> None:
        """Let go of what `once` loaded: much of that knows this session, and together they would stay in the memory
        until the garbage collector comes."""
        self._loaded.clear()
