"""Print the SQL of guarded writes, for every database and kind of state.

`python -m tests.storage.guarded_sql > tests/storage/guarded_sql.txt` writes the file that a test compares.
"""

from collections.abc import Iterator

from django_celery_results.statements import BUILDERS, Columns, Statement
from django_celery_results.states import REPLACES, TaskState

STATES = (
    TaskState.PENDING,
    TaskState.STARTED,
    TaskState.CUSTOM,
    TaskState.RETRY,
    TaskState.FAILURE,
    TaskState.REVOKED,
    TaskState.SUCCESS,
)
TYPES = (("task_id", "varchar"), ("status", "varchar"), ("attempt", "bigint"), ("result", "text"))


def render() -> str:
    """Return every statement with the names of its parameters."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for vendor, build in BUILDERS.items():
        for state in STATES:
            for has_attempt, replaces_own in ((False, False), (True, False), (True, True)):
                if replaces_own and not REPLACES[state].own:
                    continue
                columns = Columns(
                    table="results",
                    key="id",
                    types=TYPES,
                    changed=("status", "attempt", "result"),
                    state=state,
                    has_attempt=has_attempt,
                    replaces_own=replaces_own,
                )
                made = build(columns)
                kind = "own row" if replaces_own else "run" if has_attempt else "no run"
                yield f"-- {vendor}, {state}, {kind}; the first settles it: {made.is_first_guarded}"
                for name, statement in (*(("usual", each) for each in made.usual), ("first", made.first)):
                    yield _line(name, statement)


def _line(name: str, statement: Statement) -> str:
    told = " by id" if statement.tells_by_id else ""
    return f"{name}{told}: {' '.join(statement.sql.split())}\n    {', '.join(statement.parameters)}"


if __name__ == "__main__":
    print(render())  # noqa: T201 - what it is for
