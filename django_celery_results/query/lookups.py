"""Comparisons of text that mean the same on every database: byte for byte, and never true for a missing value.

MariaDB's `=` ignores case and trailing spaces, SQLite's LIKE ignores case: both would show a tenant the wrong row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q
from django.db.models.expressions import Expression
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    IContains,
    IEndsWith,
    IExact,
    In,
    IStartsWith,
    StartsWith,
)
from django.db.models.sql.compiler import SQLCompiler

_Sql = tuple[str, Any]


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


def equal(column: str, value: str) -> Q:
    """The same bytes."""
    return _guarded(column, _Equal(F(column), value))


def one_of(column: str, values: Sequence[str]) -> Q:
    """The same bytes as one of these; no value, no row."""
    return _guarded(column, _OneOf(F(column), list(values))) if values else Q(pk__in=[])


def contains(column: str, value: str) -> Q:
    return _guarded(column, _Contains(F(column), value))


def starts_with(column: str, value: str) -> Q:
    return _guarded(column, _StartsWith(F(column), value))


def ends_with(column: str, value: str) -> Q:
    return _guarded(column, _EndsWith(F(column), value))


def i_equal(column: str, value: str) -> Q:
    return _guarded(column, IExact(F(column), value))


def i_contains(column: str, value: str) -> Q:
    return _guarded(column, IContains(F(column), value))


def i_starts_with(column: str, value: str) -> Q:
    return _guarded(column, IStartsWith(F(column), value))


def i_ends_with(column: str, value: str) -> Q:
    return _guarded(column, IEndsWith(F(column), value))


def _guarded(column: str, comparison: Expression | Any) -> Q:
    # Django guards its own lookups against NULL under NOT, but not expressions.
    return present(column) & Q(comparison)
