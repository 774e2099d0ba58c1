"""Every pair of states and attempts, written through the manager, ends as an independent model says."""

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult
from django_celery_results.state_changes import StateChange
from django_celery_results.statements import BUILDERS, Columns, Statements

from .conftest import request_of

pytestmark = pytest.mark.django_db

BUILT = dict(BUILDERS)
ATTEMPTS = (None, 0, 1)
UNFINISHED = ["PENDING", "RECEIVED", "STARTED", "PROGRESS", "RETRY"]
CLOSED = ["FAILURE", "REVOKED", "REJECTED", "IGNORED"]
STATES = [*UNFINISHED, *CLOSED, "SUCCESS"]


def gives_way(old: tuple[str, int | None], new: tuple[str, int | None]) -> bool:
    """The table of the design, said in other words than the code says it."""
    (stored, stored_attempt), (state, attempt) = old, new
    if stored == "SUCCESS" or state == "PENDING":
        return False
    if state == "SUCCESS":
        return True
    if attempt is None:
        if state in ("REJECTED", "IGNORED"):
            return True
        if state == "REVOKED":
            return stored in ("PENDING", "RECEIVED", "RETRY")
        return stored in UNFINISHED and (state == "FAILURE" or UNFINISHED.index(stored) <= UNFINISHED.index(state))
    if stored_attempt is None or attempt > stored_attempt:
        return True
    if attempt < stored_attempt or stored in CLOSED:
        return False
    return state in CLOSED or UNFINISHED.index(stored) <= UNFINISHED.index(state)


def write(task_id: str, state: str, attempt: int | None, **known: Any) -> bool:
    return TaskResult.objects.write(StateChange(task_id=task_id, status=state, attempt=attempt, known=known))


def meeting_a_faster_writer(columns: Columns) -> Statements:
    """The statements as they run when the row appears only after they have looked for it."""
    statements = BUILT[connection.vendor](columns)
    if connection.vendor == "mysql":
        return replace(statements, usual=statements.usual[1:])
    only = statements.usual[0]
    sql = only.sql.replace("WHERE stored.task_id = incoming.task_id AND", "WHERE 1 = 0 AND")
    return replace(statements, usual=(replace(only, sql=re.sub(r"WHERE NOT EXISTS \(.*\)", "WHERE 1 = 1", sql)),))


def as_first_writes(columns: Columns) -> Statements:
    """The statements of a writer who takes every write for the first."""
    statements = BUILT[connection.vendor](columns)
    after = () if statements.is_first_guarded else statements.usual
    return replace(statements, usual=(statements.first, *after))


@pytest.mark.parametrize("way", ["by statement", "by statement in a race", "by first statement", "by save"])
def test_every_pair_of_writes_ends_as_the_design_says(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if way == "by save":
        monkeypatch.setattr("django_celery_results.querysets.saves_itself", lambda model, alias: True)
    if way == "by statement in a race":
        monkeypatch.setitem(BUILDERS, connection.vendor, meeting_a_faster_writer)
    if way == "by first statement":
        monkeypatch.setitem(BUILDERS, connection.vendor, as_first_writes)
    pairs = itertools.product(itertools.product(STATES, ATTEMPTS), repeat=2)
    for number, (old, new) in enumerate(pairs):
        task_id = f"task-{number}"
        assert write(task_id, *old, result="old", worker="first")
        taken = write(task_id, *new, result="new")
        row = TaskResult.objects.get(task_id=task_id)
        expected = new if gives_way(old, new) else old
        assert (taken, row.status, row.result) == (gives_way(old, new), expected[0], "new" if taken else "old"), (
            old,
            new,
        )
        assert row.worker == "first", "what a write does not know stays"


def test_states_of_any_case_are_custom_states() -> None:
    write("t", "STARTED", 0)
    assert write("t", "success", 0, result="a custom state")
    assert write("t", "SUCCESS", 0, result="the end")
    assert not write("t", "success", 1, result="late")
    assert TaskResult.objects.get(task_id="t").result == "the end"


def last_id() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT last_value FROM django_celery_results_taskresult_id_seq")
        elif connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'django_celery_results_taskresult'")
        else:
            cursor.execute("ANALYZE TABLE django_celery_results_taskresult")
            cursor.fetchall()
            cursor.execute(
                "SELECT auto_increment - 1 FROM information_schema.tables WHERE table_schema = DATABASE()"
                " AND table_name = 'django_celery_results_taskresult'"
            )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)  # MariaDB commits when it is asked for a fresh count
def test_neither_updates_nor_refusals_draw_ids() -> None:
    write("t", "STARTED", 1)
    before = last_id()
    for _ in range(5):
        assert write("t", "PROGRESS", 1)
        assert not write("t", "STARTED", 0)
    assert write("t", "SUCCESS", 1)
    assert not write("t", "FAILURE", None)
    assert last_id() == before
    write("u", "STARTED", 1)
    assert TaskResult.objects.get(task_id="u").pk == before + 1


@pytest.mark.django_db(transaction=True)
def test_short_tasks_whose_rows_are_there_draw_no_ids(backend: DatabaseBackend, as_worker: None) -> None:
    requests = [request_of() for _ in range(5)]
    for request in requests:  # as hooks of projects do
        TaskResult.objects.store_result("application/json", "utf-8", request.id, None, "PENDING")
    before = last_id()
    for request in requests:
        backend.store_result(request.id, {"pid": 1}, "STARTED", request=request)
        backend.mark_as_done(request.id, 3, request=request)
    assert set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"}
    assert last_id() - before <= 1, "the first one is a surprise, and the only one"
