"""Comparisons of text that mean the same on every database: byte for byte, and never true for a missing value.

MariaDB's `=` ignores case and trailing spaces, SQLite's LIKE ignores case: both would show a tenant the wrong row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    IContains,
    IEndsWith,
    IExact,
    In,
    IsNull,
    IStartsWith,
    Regex,
    StartsWith,
)
from django.db.models.sql.compiler import SQLCompiler

from .conditions import NOTHING

_Sql = tuple[str, Any]
Column = str | Expression
"""The name of a column, or an expression over one."""


class _Equal(Exact):
    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        sql, params = self.as_sql(compiler, connection)
        return _also_as_bytes(self, sql, params, compiler)


class _OneOf(In):
    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        sql, params = self.as_sql(compiler, connection)
        return _also_as_bytes(self, sql, params, compiler)


def _also_as_bytes(lookup: Any, sql: str, params: Any, compiler: SQLCompiler) -> _Sql:
    # The plain comparison stays, since only that one can use the index.
    lhs, _ = lookup.process_lhs(compiler, compiler.connection)
    return f"({sql} AND {sql.replace(lhs, f'BINARY {lhs}', 1)})", (*params, *params)


class _Contains(Contains):
    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        return _over_text(self, "instr({lhs}, %s) > 0", [self.rhs], compiler)


class _StartsWith(StartsWith):
    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        return _over_text(self, "substr({lhs}, 1, %s) = %s", [len(self.rhs), self.rhs], compiler)


class _EndsWith(EndsWith):
    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        # substr from -0 would be the whole text, and everything ends with nothing
        template = "substr({lhs}, -%s) = %s" if self.rhs else "%s = length(%s)"
        return _over_text(self, template, [len(self.rhs), self.rhs], compiler)


class _Matches(Regex):
    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _Sql:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs}::text ~ %s", [*lhs_params, self.rhs.replace("{0,63}", "*")]


def _over_text(lookup: Any, template: str, params: list[Any], compiler: SQLCompiler) -> _Sql:
    lhs, lhs_params = lookup.process_lhs(compiler, compiler.connection)
    return template.format(lhs=lhs), [*lhs_params, *params]


def is_storable(text: str) -> bool:
    """Whether a database can hold, and so compare, this text at all."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def present(column: str) -> Q:
    """Rows with a value."""
    return Q(**{f"{column}__isnull": False})


def missing(column: str) -> Q:
    """Rows without a value."""
    return Q(**{f"{column}__isnull": True})


def equal(column: Column, value: str) -> Q:
    """The same bytes."""
    return _guarded(column, _Equal(_read(column), value))


def one_of(column: Column, values: Sequence[str]) -> Q:
    """The same bytes as one of these; no value, no row."""
    return _guarded(column, _OneOf(_read(column), list(values))) if values else NOTHING


def contains(column: Column, value: str) -> Q:
    return _guarded(column, _Contains(_read(column), value))


def starts_with(column: Column, value: str) -> Q:
    return _guarded(column, _StartsWith(_read(column), value))


def ends_with(column: Column, value: str) -> Q:
    return _guarded(column, _EndsWith(_read(column), value))


def i_equal(column: Column, value: str) -> Q:
    return _guarded(column, IExact(_read(column), value))


def i_contains(column: Column, value: str) -> Q:
    return _guarded(column, IContains(_read(column), value))


def i_starts_with(column: Column, value: str) -> Q:
    return _guarded(column, IStartsWith(_read(column), value))


def i_ends_with(column: Column, value: str) -> Q:
    return _guarded(column, IEndsWith(_read(column), value))


def matches(column: Column, pattern: str) -> Q:
    """A regular expression, in either case only where it says so; true where the database gives it up.

    Long repetitions, of 63, may match more: PostgreSQL, which never looks back, spends its time on counting them.
    """
    return _guarded(column, Coalesce(_Matches(_read(column), pattern), Value(True)))


def _read(column: Column) -> Any:
    return F(column) if isinstance(column, str) else column


def _guarded(column: Column, comparison: Expression | Any) -> Q:
    # Django guards its own lookups against NULL under NOT, but not expressions.
    there = present(column) if isinstance(column, str) else Q(IsNull(column, False))
    return there & Q(comparison)
