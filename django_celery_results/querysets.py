"""Storing the state of a task: one guarded write, by one statement where nothing more is asked for.

The models' own `save()` is taken instead where somebody listens to it: signal receivers, multi-table children, models
with columns or a `save()` of their own, and databases that no statement was written for.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.db import IntegrityError, connections, models, transaction
from django.db.models import signals
from django.utils import timezone

from . import guarded_write
from .state_changes import Companion, StateChange, changed_by, fitting, is_outdated
from .statements import BUILDERS
from .states import is_replaced

M = TypeVar("M", bound=models.Model)

OURS = frozenset({
    "task_id", "periodic_task_name", "task_name", "task_args", "task_kwargs", "status", "worker", "content_type",
    "content_encoding", "result", "date_created", "date_started", "date_done", "traceback", "meta", "attempt", "queue",
    "priority", "retries", "eta", "root_id", "parent_id", "group_id", "retried_from", "error_type",
    "error_fingerprint",
})  # fmt: skip
"""The columns that a statement knows how to fill; a model with more of them is saved by itself."""
_PLAIN = frozenset({
    models.CharField, models.TextField, models.DateTimeField, models.IntegerField, models.BigIntegerField,
})  # fmt: skip
"""Columns that a statement fills as `save()` does. A project's own, such as encrypted text, prepare their values."""
_IDS_AT_ONCE = 2_000


class TaskResultQuerySet(models.QuerySet[M]):
    """Rows of tasks."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and the records of their messages with them.

        The rows are locked first, in the order in which states are stored: two that wait for each other would be a
        deadlock.
        """
        records: Any = apps.get_model("django_celery_results", "TaskMessage")._base_manager
        self._for_write = True
        with transaction.atomic(using=self.db):
            if records.using(self.db).exists():
                # Not by a join: MariaDB compares the two columns in different collations, and then uses no index.
                # A query of its own, since what selects the rows may join or group, which no lock allows.
                rows = self.model._base_manager.using(self.db).filter(pk__in=self.order_by().values("pk"))
                locked = rows.select_for_update().values_list("task_id", flat=True)
                ids = locked.iterator(chunk_size=_IDS_AT_ONCE)
                while some := list(islice(ids, _IDS_AT_ONCE)):
                    records.using(self.db).filter(pk__in=some).delete()
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # no template may call it
    delete.queryset_only = True  # type: ignore[attr-defined]


def write(model: type[models.Model], alias: str, change: StateChange, companion: Companion | None = None) -> bool:
    """Store a state unless the row stands above it; True if it was taken."""
    change = fitting(model, change)
    if not saves_itself(model, alias):
        return guarded_write.write(model, alias, change, companion)
    try:
        return _save(model, alias, change, companion)
    except IntegrityError:  # another first writer was faster: now there is a row to look at
        return _save(model, alias, change, companion)


def _save(model: type[models.Model], alias: str, change: StateChange, companion: Companion | None) -> bool:
    with transaction.atomic(using=alias):
        if companion:
            companion.run(connections[alias])
        rows: TaskResultQuerySet[Any] = TaskResultQuerySet(model, using=alias)
        row: Any = rows.select_for_update().filter(task_id=change.task_id).first()
        by, seen = change.attempt, getattr(row, "attempt", None)  # a project's own model may be without
        is_own = change.self_stored is not None and change.self_stored.gives_way(getattr(row, "date_done", None))
        if row and not is_replaced(stored=row.status, stored_attempt=seen, by=change.status, attempt=by, is_own=is_own):
            if companion and companion.is_failure and is_outdated(change, row.status, seen):
                transaction.set_rollback(True, using=alias)
            return False
        row = row or model(task_id=change.task_id)  # type: ignore[call-arg, unused-ignore]
        for name, value in changed_by(change, timezone.now()).items():
            setattr(row, name, value)
        row.save(using=alias)
        if change.self_stored:
            change.self_stored.note(row.date_done)  # saving sets its own
        return True


def saves_itself(model: type[models.Model], alias: str) -> bool:
    """Whether the model's `save()` must run: somebody listens, or there is more to store than a statement knows."""
    if signals.pre_save.has_listeners(model) or signals.post_save.has_listeners(model):
        return True
    return _is_special(model) or connections[alias].vendor not in BUILDERS


@lru_cache(maxsize=16)
def _is_special(model: type[models.Model]) -> bool:
    concrete = model._meta.concrete_model
    if concrete is None or concrete._meta.parents or model.save is not models.Model.save:
        return True
    columns = [column for column in concrete._meta.concrete_fields if not column.primary_key]
    if concrete._meta.auto_field is None or {column.attname for column in columns} != OURS:
        return True
    return any(type(column) not in _PLAIN or column.attname != column.column for column in columns)
