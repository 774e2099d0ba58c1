"""What stands at a place of a JSON text, as expressions that no text can make fail: whatever is no JSON has nothing.

PostgreSQL can ask whether a cast would fail from 16 on; before that the question is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, FloatField, TextField
from django.db.models.expressions import Func
from django.db.models.sql.compiler import SQLCompiler

from django_celery_results.exceptions import InvalidInput

MAX_BYTES = 1_000_000
"""Longer texts have nothing: a database would read and parse them whole, for every row."""
MAX_STEPS = 10
MAX_INDEXES = 3
_MAX_KEY = 256
_POSTGRESQL_16 = 160_000
_SQLITE_3_45 = (3, 45)
_Sql = tuple[str, Any]


def checked(path: Sequence[str]) -> tuple[str, ...]:
    """A path that means the same on every database."""
    if len(path) > MAX_STEPS or sum(map(_is_index, path)) > MAX_INDEXES:
        raise InvalidInput(f"A path has at most {MAX_STEPS} steps, of which {MAX_INDEXES} may be numbers.")
    if any(not _is_plain(step) for step in path):
        raise InvalidInput(
            f"A step of a path has 1 to {_MAX_KEY} characters, no quotes, backslashes or control characters, "
            "no hyphen at its beginning, and no sign or zero before a number."
        )
    return tuple(path)


def _is_index(step: str) -> bool:
    return step.isascii() and step.isdecimal()


def _is_plain(step: str) -> bool:
    if not 0 < len(step) <= _MAX_KEY or not step.isprintable() or any(mark in step for mark in "\"'\\"):
        return False
    if step.startswith("-"):  # MariaDB finds no such key, PostgreSQL counts from the end
        return False
    digits = step.strip().lstrip("+")
    return not digits.isdecimal() or step == "0" or (_is_index(step) and not step.startswith("0") and len(step) < 10)


class _Inside(Func):
    """One reading of what stands at the path; the templates are those of the three databases."""

    postgresql: ClassVar[str]
    sqlite: ClassVar[str]
    mysql: ClassVar[str]
    valid: ClassVar[dict[str, str]] = {
        "postgresql": "octet_length({text}) <= {max} AND pg_input_is_valid({text}, 'jsonb')",
        "sqlite": "length(CAST({text} AS BLOB)) <= {max} AND json_valid({text})",
        "mysql": "OCTET_LENGTH({text}) <= {max} AND JSON_VALID({text})",
    }

    def __init__(self, column: str, path: tuple[str, ...], output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(column, output_field=output_field or TextField())
        self.path = path

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **_: Any) -> _Sql:
        if connection.pg_version < _POSTGRESQL_16:
            raise InvalidInput("PostgreSQL before 16 cannot look into JSON that may be damaged; filter over its text.")
        return self._guarded(compiler, "postgresql", [_filled(self.postgresql, list(self.path))])

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **_: Any) -> _Sql:
        if connection.Database.sqlite_version_info < _SQLITE_3_45 and not "".join(self.path).isascii():
            raise InvalidInput("SQLite before 3.45 finds ASCII keys only; filter over the text.")
        return self._guarded(compiler, "sqlite", [_filled(self.sqlite, path) for path, _ in self._places()])

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> _Sql:
        return self._guarded(compiler, "mysql", [_in_lists(self.mysql, *place) for place in self._places()])

    def _guarded(self, compiler: SQLCompiler, vendor: str, readings: list[_Sql]) -> _Sql:
        text, _ = compiler.compile(self.source_expressions[0])  # a column, which has no parameters
        sql = ", ".join(reading.format(text=text) for reading, _ in readings)
        found = f"COALESCE({sql})" if len(readings) > 1 else sql
        valid = self.valid[vendor].format(text=text, max=MAX_BYTES)
        return f"(CASE WHEN {valid} THEN {found} END)", [each for _, parameters in readings for each in parameters]

    def _places(self) -> Iterator[tuple[str, list[str]]]:
        """Digits may be an index or a key: every reading, of which a document has one at most, and its lists."""
        steps = [(f"[{step}]", f'."{step}"') if _is_index(step) else (f'."{step}"',) for step in self.path]
        for chosen in product(*steps):
            lists = [place for place, step in enumerate(chosen) if step.startswith("[")]
            yield "$" + "".join(chosen), ["$" + "".join(chosen[:place]) for place in lists]


def _filled(template: str, path: Any) -> _Sql:
    return template, [path] * template.count("%s")


def _in_lists(template: str, path: str, lists: list[str]) -> _Sql:
    """MariaDB takes any value for a list of one: ask what it is."""
    sql, parameters = _filled(template, path)
    if not lists:
        return sql, parameters
    are_lists = " AND ".join("JSON_TYPE(JSON_EXTRACT({text}, %s)) = 'ARRAY'" for _ in lists)
    return f"CASE WHEN {are_lists} THEN {sql} END", [*lists, *parameters]


class JSONKind(_Inside):
    """The kind of the value, in the database's own word; none where there is nothing."""

    postgresql = "jsonb_typeof({text}::jsonb #> %s::text[])"
    sqlite = "json_type({text}, %s)"
    mysql = "JSON_TYPE(JSON_EXTRACT({text}, %s))"


class JSONText(_Inside):
    """The characters of a string, the digits of a number; of a boolean its name on those that have no kind for it."""

    postgresql = "({text}::jsonb #>> %s::text[])"
    sqlite = "CAST(json_extract({text}, %s) AS TEXT)"
    mysql = "JSON_UNQUOTE(JSON_EXTRACT({text}, %s))"


class JSONNumber(_Inside):
    """A number; ask for the kind first."""

    postgresql = (
        "CASE WHEN jsonb_typeof({text}::jsonb #> %s::text[]) = 'number' "
        "THEN ({text}::jsonb #>> %s::text[])::numeric END"
    )
    sqlite = "json_extract({text}, %s)"
    mysql = "CAST(JSON_UNQUOTE(JSON_EXTRACT({text}, %s)) AS DOUBLE)"

    def __init__(self, column: str, path: tuple[str, ...], output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(column, path, output_field or FloatField())


STRING = ("string", "text", "STRING")
NUMBER = ("number", "integer", "real", "INTEGER", "DOUBLE", "DECIMAL")
BOOLEAN = ("boolean", "BOOLEAN")
NULL = ("null", "NULL")
"""The words of PostgreSQL, SQLite and MariaDB; SQLite says `true` and `false` instead of a kind."""
