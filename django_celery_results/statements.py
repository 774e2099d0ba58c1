"""The SQL of a guarded write: one statement that stores a state unless the row already stands above it.

Neither an update nor a refusal draws an id from the sequence. The guard is made from `states.REPLACES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from .states import NAMED, REPLACES, TaskState


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a statement is made for. Equal values share one text, which a connection then prepares once."""

    table: str
    """Quoted."""
    key: str
    """Quoted name of the primary key."""
    types: tuple[tuple[str, str], ...]
    """Name and PostgreSQL cast of each column that a first write sets, in order."""
    changed: tuple[str, ...]
    """Names of the columns that a later write sets."""
    state: TaskState
    has_attempt: bool

    @property
    def initial(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.types)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL and the names of the columns whose values it takes, in order."""

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Statements:
    """One write, in two ways that differ in nothing but their cost."""

    usual: tuple[Statement, ...]
    """Run in turn, until one meets a row or makes one."""
    first: Statement
    """Cheapest where there is no row yet. Should there be one, the guard holds all the same, and an id is drawn."""


def guard(columns: Columns, incoming: str, status: str = "stored.status", attempt: str = "stored.attempt") -> str:
    """SQL, true or false but never NULL: does the write replace the stored row?"""
    rule = REPLACES[columns.state]
    if not columns.has_attempt:
        return f"({_is_one_of(status, rule.without_run)})"
    relations = (("<", rule.newer), ("=", rule.same), (">", rule.older))
    cases = [f"COALESCE({attempt}, -1) {sign} {incoming} AND {_is_one_of(status, s)}" for sign, s in relations if s]
    return f"({' OR '.join(cases) or '1 = 0'})"


def _is_one_of(status: str, states: tuple[TaskState, ...]) -> str:
    """SQL: the status is among the states. Where they include the nameless ones, the list is turned around."""
    turned = TaskState.CUSTOM in states
    names = [f"'{state}'" for state in NAMED if (state in states) != turned]
    return f"{status} {'NOT IN' if turned else 'IN'} ({', '.join(names)})" if names else "1 = 0"


@lru_cache(maxsize=512)
def postgresql(columns: Columns) -> Statements:
    """UPDATE the row that is there, INSERT where none is. Only first writers that race each other draw in vain."""
    incoming = ", ".join(f"%s::{cast} AS {name}" for name, cast in columns.types)
    names = ", ".join(columns.initial)
    table = columns.table
    upsert = f"""
            ON CONFLICT (task_id) DO UPDATE SET {_assignments(columns, "EXCLUDED")}
            WHERE {guard(columns, "EXCLUDED.attempt")}"""
    sql = f"""
        WITH incoming AS (SELECT {incoming}),
        updated AS (
            UPDATE {table} AS stored SET {_assignments(columns, "incoming")} FROM incoming
            WHERE stored.task_id = incoming.task_id AND {guard(columns, "incoming.attempt")} RETURNING 1),
        inserted AS (
            INSERT INTO {table} AS stored ({names}) SELECT {names} FROM incoming
            WHERE NOT EXISTS (SELECT FROM {table} AS met WHERE met.task_id = incoming.task_id){upsert} RETURNING 1)
        SELECT 1 FROM updated UNION ALL SELECT 1 FROM inserted"""  # noqa: S608 - names come from the model
    values = ", ".join(["%s"] * len(columns.initial))
    first = f"INSERT INTO {table} AS stored ({names}) VALUES ({values}){upsert} RETURNING xmax = 0"  # noqa: S608
    return Statements(
        usual=(Statement(sql=sql, parameters=columns.initial),),
        first=Statement(sql=first, parameters=columns.initial),
    )


@lru_cache(maxsize=512)
def sqlite(columns: Columns) -> Statements:
    """The insert carries the key of the row it may meet, so that only a true insert draws a new one."""
    names = ", ".join(columns.initial)
    values = ", ".join(["%s"] * len(columns.initial))
    sql = f"""
        INSERT INTO {columns.table} AS stored ({columns.key}, {names})
        VALUES ((SELECT {columns.key} FROM {columns.table} WHERE task_id = %s), {values})
        ON CONFLICT ({columns.key}) DO UPDATE SET {_assignments(columns, "excluded")}
        WHERE {guard(columns, "excluded.attempt")}"""  # noqa: S608 - names come from the model
    statement = Statement(sql=sql, parameters=("task_id", *columns.initial))
    return Statements(usual=(statement,), first=statement)


@lru_cache(maxsize=512)
def mysql(columns: Columns) -> Statements:
    """UPDATE, then INSERT if no row was met. The verdict travels as the insert id, which a refusal leaves at 0."""
    table = columns.table
    update = f"UPDATE {table} SET {_settled_once(columns, lambda _: '%s')} WHERE task_id = %s"  # noqa: S608
    insert = f"""
        INSERT INTO {table} ({", ".join(columns.initial)}) VALUES ({", ".join(["%s"] * len(columns.initial))})
        ON DUPLICATE KEY UPDATE {_settled_once(columns, "VALUES({})".format)}"""  # noqa: S608
    asked = update.count("%s") - len(columns.changed) - 1  # the guard asks for the attempt so often
    first = Statement(sql=insert, parameters=columns.initial)
    meeting = Statement(sql=update, parameters=("attempt",) * asked + (*columns.changed, "task_id"))
    return Statements(usual=(meeting, first), first=first)


def _settled_once(columns: Columns, incoming: Callable[[str], str]) -> str:
    """Assignments run from left to right: the first settles the verdict, before it changes what the verdict reads."""
    table = columns.table
    replaces = guard(columns, incoming("attempt"), f"BINARY {table}.status", f"{table}.attempt")
    verdicts = [f"@taken := {replaces} AND LAST_INSERT_ID({table}.{columns.key})"]
    verdicts += ["@taken"] * (len(columns.changed) - 1)
    return ", ".join(
        f"{name} = IF({verdict}, {incoming(name)}, {table}.{name})"
        for name, verdict in zip(columns.changed, verdicts, strict=True)
    )


def _assignments(columns: Columns, source: str) -> str:
    return ", ".join(f"{name} = {source}.{name}" for name in columns.changed)


BUILDERS: dict[str, Callable[[Columns], Statements]] = {
    "postgresql": postgresql,
    "sqlite": sqlite,
    "mysql": mysql,
}
