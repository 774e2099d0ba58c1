"""Large text columns as far as they are shown: read no further than a limit, so that no result can fill the memory.

The head and the length of each text come with its row: enough for previews. Once the whole of a longer one is asked
for, those of all rows that came together are loaded by one statement, unless they are more than the operation's answer
may hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import IntegerField, Model, QuerySet
from django.db.models.expressions import Func
from django.db.models.functions import Left
from django.db.models.sql.compiler import SQLCompiler

from django_celery_results.states import READY

from . import budget

LIMIT = 1_000_000
"""Characters that are read of one value."""
HEAD = 5_000
"""Characters of a value that come with its row: a page of 100 rows with 100 rows each has 50 MB of them in ASCII."""
_MOST = 4 * LIMIT
"""Bytes that so many characters may take."""
_LONG = "_long_texts"


class _Bytes(Func):
    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


class Stored:
    """A text column's content, perhaps only its beginning: what is not in the memory is loaded when it is asked for."""

    def __init__(self, head: str, byte_length: int, load: Callable[[], str] | None = None) -> None:
        self.head = head
        """The first `HEAD` characters, or all of them where `is_whole`."""
        self.byte_length = byte_length
        """Of the whole."""
        self.is_whole = load is None
        self._load = load

    @cached_property
    def text(self) -> str:
        return (self._load() if self._load else self.head)[:LIMIT]

    @property
    def is_cut(self) -> bool:
        """Whether `text` is not all that is stored; where the length tells, nothing is loaded."""
        return self.byte_length > LIMIT and (self.byte_length > _MOST or self.byte_length > budget.size(self.text))


class _LongTexts:
    """The long texts of rows that came together. It knows their keys, not the rows: what refers to itself stays in the
    memory until the garbage collector comes."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._rows = rows
        self.lengths: dict[str, dict[int, int]] = defaultdict(dict)
        """Bytes to load besides the head, by column and primary key."""
        self._loaded: dict[str, dict[int, str | None]] = {}
        self._bytes: dict[str, int] = {}

    def text(self, column: str, pk: int) -> str:
        """The text; empty where the row is gone by now."""
        if column not in self._loaded:
            lengths = self.lengths[column]
            if column not in self._bytes:  # it is asked again for each row where they are too many
                self._bytes[column] = sum(lengths.values())
            budget.load_bytes(self._bytes[column])
            rows = self._rows.filter(pk__in=lengths).order_by()
            self._loaded[column] = dict(rows.values_list("pk", Left(column, LIMIT)))
        return self._loaded[column].get(pk) or ""


def heads(columns: Collection[str]) -> dict[str, Any]:
    """The heads of these columns and the sizes of all, for `attach` and `stored` to find."""
    heads: dict[str, Any] = {f"_{name}_head": Left(name, HEAD) for name in columns}
    return {**heads, **{f"_{name}_bytes": _Bytes(name) for name in columns}}


def attach(rows: Iterable[Model], columns: Collection[str], source: QuerySet[Any]) -> None:
    """Let rows that came with `heads` find their long texts in their table, on the database of `source`.

    Those of tasks that are over and of others by different statements: a page that shows the progress of the few that
    run does not load the results of the many that do not.
    """
    table = source.model._base_manager.using(source.db)
    long = {True: _LongTexts(table), False: _LongTexts(table)}
    count = 0
    for row in rows:
        values = row.__dict__
        texts = long[values.get("status") in READY]
        for name in columns:
            head = values[f"_{name}_head"]
            if head is None:
                continue
            size = budget.size(head)
            count += size
            if len(head) == HEAD:
                texts.lengths[name][row.pk] = min(values[f"_{name}_bytes"], _MOST) - size
                values[_LONG] = texts
    budget.load_bytes(count)


def stored(row: Model, column: str) -> Stored | None:
    """The column's content; None where there is none. Of rows that `heads` did not select it is read whole."""
    values = row.__dict__
    if f"_{column}_head" not in values:
        text = getattr(row, column)
        return None if text is None else whole(text)
    head: str | None = values[f"_{column}_head"]
    if head is None:
        return None
    size: int = values[f"_{column}_bytes"]
    if len(head) < HEAD:
        return Stored(head, size)
    texts, pk = values[_LONG], row.pk
    return Stored(head, size, lambda: texts.text(column, pk))


def whole(text: str) -> Stored:
    """A text that is in the memory already."""
    return Stored(text, len(text.encode(errors="replace")))
