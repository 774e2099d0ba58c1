"""Large text columns as far as they are shown: read no further than a limit, so that no result can fill the memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import IntegerField, Model
from django.db.models.expressions import Func
from django.db.models.functions import Left
from django.db.models.sql.compiler import SQLCompiler

LIMIT = 1_000_000
"""Characters that are read of one value."""


class _Bytes(Func):
    function = "OCTET_LENGTH"
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A text column's content, perhaps only its head."""

    text: str
    byte_length: int
    """Of the whole."""
    is_cut: bool


def heads(columns: Collection[str]) -> dict[str, Any]:
    """Annotations with the head and the size of each of these columns, for `stored` to find."""
    heads = {f"_{name}_head": Left(name, LIMIT) for name in columns}
    return {**heads, **{f"_{name}_bytes": _Bytes(name) for name in columns}}


def stored(row: Model, column: str) -> Stored | None:
    """The column's content; None where there is none. Rows that `heads` did not select are read whole."""
    if f"_{column}_head" not in row.__dict__:
        return _whole(getattr(row, column))
    text: str | None = row.__dict__[f"_{column}_head"]
    if text is None:
        return None
    size: int = row.__dict__[f"_{column}_bytes"]
    return Stored(text=text, byte_length=size, is_cut=len(text) == LIMIT and size > len(text.encode(errors="replace")))


def _whole(text: str | None) -> Stored | None:
    if text is None:
        return None
    size = len(text.encode(errors="replace"))
    return Stored(text=text[:LIMIT], byte_length=size, is_cut=len(text) > LIMIT)
