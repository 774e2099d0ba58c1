"""Going through a table in batches by ranges of an index, so that no statement is long and no row is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Q

from .outages import retrying

SIZE = 5_000
_RETRY_SECONDS = 30.0

Rows: TypeAlias = "models.QuerySet[Any, Any]"
Key: TypeAlias = tuple[str, ...]
"""Columns of which an index is made; the later ones are asked for where many rows share a value of the first."""


@dataclass(frozen=True, kw_only=True)
class Batches:
    """How to go through the tables."""

    size: int = SIZE
    dry_run: bool = False
    progress: Callable[[float], None] = lambda fraction: None
    """Told after each batch of tasks which part of the expired time lies behind, from 0 to 1."""

    def spans(self, rows: Rows, key: Key, *, end: datetime | None = None) -> Iterator[Q]:
        """Conditions that cut the rows into ranges of `key` of at most one batch each."""
        column, *rest = key
        edges = rows.order_by(column).values_list(column, flat=True)
        first = edge = edges.first()
        while edge is not None:
            low, same = Q(**{f"{column}__gte": edge}), Q(**{column: edge})
            following = edges.filter(low)[self.size : self.size + 1].first()
            if following == edge and rest:
                yield from (same & span for span in self.spans(rows.filter(same), tuple(rest)))
                following = edges.filter(**{f"{column}__gt": edge}).first()
            else:
                yield low if following is None else low & Q(**{f"{column}__lt": following})
            edge = following
            if first and end:
                self.progress(1.0 if edge is None else (edge - first) / (end - first))

    def remove(self, rows: Rows) -> int:
        """Delete one batch. Cascades and `delete` signals of other apps are respected, where there are any."""
        if self.dry_run:
            return rows.count()
        # A writer may have won a deadlock against the batch; what is gone already does not count again.
        deleted = retrying(rows.db, lambda alias: rows.delete(), _RETRY_SECONDS)
        return int(deleted[1].get(rows.model._meta.label, 0))
