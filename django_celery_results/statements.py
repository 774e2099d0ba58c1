"""The SQL of a guarded write: one statement that stores a state unless the row already stands above it.

Neither an update nor a refusal draws an id from the sequence. The guard is made from `states.REPLACES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .states import NAMED, REPLACES, TaskState

OWN = "own date_done"
"""The parameter that tells which state the same run stored: no other has its `date_done`."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a statement is made for. Equal values make equal text, which a connection then prepares once."""

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
    replaces_own: bool = False
    """Whether a state that the same run stored before gives way; its `date_done` is the parameter `OWN`."""

    @property
    def initial(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.types)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL and the names of the columns whose values it takes, in order."""

    sql: str
    parameters: tuple[str, ...]
    tells_by_id: bool = False
    """MySQL: whether a write that is taken shows in the insert id rather than in the number of rows."""


@dataclass(frozen=True, kw_only=True)
class Statements:
    """One write, in two ways that differ in nothing but their cost."""

    usual: tuple[Statement, ...]
    """Run in turn, until one meets a row or makes one."""
    first: Statement
    """Cheapest where there is no row yet. Should there be one, an id is drawn in vain."""
    is_first_guarded: bool = True
    """Whether the first settles it where it meets a row; if not, it leaves the row alone and the usual follow."""


def guard(columns: Columns, incoming: str, stored: str = "stored.", binary: str = "", own: str = "%s") -> str:
    """SQL, true or false but never NULL: does the write replace the stored row?

    Args:
        incoming: SQL of the attempt that comes in.
        stored: What stands before the names of the row's columns.
        binary: What makes the database compare the status letter by letter.
        own: SQL of the parameter `OWN`, which comes last.
    """
    rule, status, attempt = REPLACES[columns.state], f"{binary}{stored}status", f"COALESCE({stored}attempt, -1)"
    if not columns.has_attempt:
        return f"({_is_one_of(status, rule.without_run)})"
    if rule.newer == rule.same == rule.older:
        cases = [_is_one_of(status, rule.same)]
    else:
        relations = (("<", rule.newer), ("=", rule.same), (">", rule.older))
        cases = [
            f"{attempt} {sign} {incoming} AND {_is_one_of(status, states)}" for sign, states in relations if states
        ]
    if columns.replaces_own:
        is_own = f"{attempt} <= {incoming} AND {_is_one_of(status, rule.own)} AND {stored}date_done = {own}"
        cases.append(is_own)
    return f"({' OR '.join(cases) or '1 = 0'})"


def _is_one_of(status: str, states: tuple[TaskState, ...]) -> str:
    """SQL: the status is among the states. Where they include the nameless ones, the list is turned around."""
    turned = TaskState.CUSTOM in states
    names = [f"'{state}'" for state in NAMED if (state in states) != turned]
    return f"{status} {'NOT IN' if turned else 'IN'} ({', '.join(names)})" if names else "1 = 0"


def postgresql(columns: Columns) -> Statements:
    """UPDATE the row that is there, INSERT where none is. Only first writers that race each other draw in vain."""
    incoming = ", ".join(f"%s::{cast} AS {name}" for name, cast in columns.types)
    names = ", ".join(columns.initial)
    table = columns.table
    own = (OWN,) if columns.replaces_own else ()
    replaces = guard(columns, "incoming.attempt", own="%s::timestamptz")
    upsert = f"""
            ON CONFLICT (task_id) DO UPDATE SET {_assignments(columns, "EXCLUDED")}
            WHERE {guard(columns, "EXCLUDED.attempt", own="%s::timestamptz")}"""
    sql = f"""
        WITH incoming AS (SELECT {incoming}),
        updated AS (
            UPDATE {table} AS stored SET {_assignments(columns, "incoming")} FROM incoming
            WHERE stored.task_id = incoming.task_id AND {replaces} RETURNING 1),
        inserted AS (
            INSERT INTO {table} AS stored ({names}) SELECT {names} FROM incoming
            WHERE NOT EXISTS (SELECT FROM {table} AS met WHERE met.task_id = incoming.task_id){upsert} RETURNING 1)
        SELECT 1 FROM updated UNION ALL SELECT 1 FROM inserted"""  # noqa: S608 - names come from the model
    values = ", ".join(["%s"] * len(columns.initial))
    first = f"INSERT INTO {table} AS stored ({names}) VALUES ({values}){upsert} RETURNING xmax = 0"  # noqa: S608
    return Statements(
        usual=(Statement(sql=sql, parameters=(*columns.initial, *own, *own)),),
        first=Statement(sql=first, parameters=(*columns.initial, *own)),
    )


def sqlite(columns: Columns) -> Statements:
    """The insert carries the key of the row it may meet, so that only a true insert draws a new one."""
    names = ", ".join(columns.initial)
    values = ", ".join(["%s"] * len(columns.initial))
    sql = f"""
        INSERT INTO {columns.table} AS stored ({columns.key}, {names})
        VALUES ((SELECT {columns.key} FROM {columns.table} WHERE task_id = %s), {values})
        ON CONFLICT ({columns.key}) DO UPDATE SET {_assignments(columns, "excluded")}
        WHERE {guard(columns, "excluded.attempt")}"""  # noqa: S608 - names come from the model
    own = (OWN,) if columns.replaces_own else ()
    statement = Statement(sql=sql, parameters=("task_id", *columns.initial, *own))
    return Statements(usual=(statement,), first=statement)


def mysql(columns: Columns) -> Statements:
    """UPDATE, then INSERT if no row was met.

    The server reads every statement anew, so that length costs: a guard takes part only where there may be a row.
    """
    table = columns.table
    changes = ", ".join(f"{name} = %s" for name in columns.changed)
    replaces = guard(columns, "%s", stored="", binary="BINARY ")
    own = (OWN,) if columns.replaces_own else ()
    # A row that is met leaves its key as the insert id, whether it is taken or not.
    update = f"UPDATE {table} SET {changes} WHERE task_id = %s AND LAST_INSERT_ID({columns.key}) AND {replaces}"  # noqa: S608
    insert = f"""
        INSERT INTO {table} ({", ".join(columns.initial)}) VALUES ({", ".join(["%s"] * len(columns.initial))})
        ON DUPLICATE KEY UPDATE """  # noqa: S608
    asked = ("attempt",) * (replaces.count("%s") - len(own))
    meeting = Statement(sql=update, parameters=(*columns.changed, "task_id", *asked, *own))
    making = Statement(sql=insert + _settled_once(columns), parameters=(*columns.initial, *own), tells_by_id=True)
    bare = Statement(sql=f"{insert}{columns.key} = {columns.key}", parameters=columns.initial, tells_by_id=True)
    return Statements(usual=(meeting, making), first=bare, is_first_guarded=False)


def _settled_once(columns: Columns) -> str:
    """Assignments run from left to right: the first settles the verdict, before it changes what the verdict reads.

    The verdict travels as the insert id, which a refusal leaves at 0.
    """
    replaces = guard(columns, "VALUES(attempt)", stored="", binary="BINARY ")
    verdicts = [f"@taken := {replaces} AND LAST_INSERT_ID({columns.key})"]
    verdicts += ["@taken"] * (len(columns.changed) - 1)
    return ", ".join(
        f"{name} = IF({verdict}, VALUES({name}), {name})"
        for name, verdict in zip(columns.changed, verdicts, strict=True)
    )


def _assignments(columns: Columns, source: str) -> str:
    return ", ".join(f"{name} = {source}.{name}" for name in columns.changed)


BUILDERS: dict[str, Callable[[Columns], Statements]] = {
    "postgresql": postgresql,
    "sqlite": sqlite,
    "mysql": mysql,
}
