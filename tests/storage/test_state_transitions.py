"""Which stored state is replaced by which: each pair of states and attempts, compared with an independent model."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult
from django_celery_results.state_changes import SelfStored, StateChange
from django_celery_results.statements import BUILDERS, Columns, Statements
from tests.storage.requests import task_request
from tests.storage.state_model import ATTEMPTS, CLOSED, STATES, may_replace, outcome_may_replace

pytestmark = pytest.mark.django_db

BUILT = dict(BUILDERS)


def write(task_id: str, state: str, attempt: int | None, self_stored: SelfStored | None = None, **known: Any) -> bool:
    return TaskResult.objects.write(
        StateChange(task_id=task_id, status=state, attempt=attempt, known=known, self_stored=self_stored)
    )


def statements_of_a_losing_writer(columns: Columns) -> Statements:
    """Build statements that find no row, as if another writer inserted it a moment later."""
    statements = BUILT[connection.vendor](columns)
    if connection.vendor == "mysql":
        return replace(statements, usual=statements.usual[1:])
    only = statements.usual[0]
    sql = only.sql.replace("WHERE stored.task_id = incoming.task_id AND", "WHERE 1 = 0 AND")
    return replace(statements, usual=(replace(only, sql=re.sub(r"WHERE NOT EXISTS \(.*\)", "WHERE 1 = 1", sql)),))


def statements_of_a_first_writer(columns: Columns) -> Statements:
    """Build statements that try the INSERT of a new row first."""
    statements = BUILT[connection.vendor](columns)
    after = () if statements.is_first_guarded else statements.usual
    return replace(statements, usual=(statements.first, *after))


@pytest.fixture(params=["statement", "statement in a race", "statement of a first write", "save"])
def written_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write states in one of the ways in which they can be written."""
    if request.param == "save":
        monkeypatch.setattr("django_celery_results.querysets.saves_itself", lambda model, alias: True)
    if request.param == "statement in a race":
        monkeypatch.setitem(BUILDERS, connection.vendor, statements_of_a_losing_writer)
    if request.param == "statement of a first write":
        monkeypatch.setitem(BUILDERS, connection.vendor, statements_of_a_first_writer)


@pytest.mark.usefixtures("written_by")
def test_each_pair_of_states_and_attempts_ends_as_the_model_says() -> None:
    pairs = itertools.product(itertools.product(STATES, ATTEMPTS), repeat=2)
    for number, (old, new) in enumerate(pairs):
        task_id = f"task-{number}"
        assert write(task_id, *old, result="old", worker="first")
        is_written = write(task_id, *new, result="new")
        row = TaskResult.objects.get(task_id=task_id)
        expected = (True, new[0], "new") if may_replace(old, new) else (False, old[0], "old")
        assert (is_written, row.status, row.result) == expected, (old, new)
        assert row.worker == "first", "a write keeps the columns that it lacks"


@pytest.mark.usefixtures("written_by")
@pytest.mark.parametrize("is_own", [True, False])
def test_outcome_replaces_what_its_own_run_has_stored_and_nothing_of_another(is_own: bool) -> None:
    stored = itertools.product([*CLOSED, "SUCCESS", "STARTED"], ATTEMPTS)
    for number, (old, new) in enumerate(itertools.product(stored, itertools.product(STATES, ATTEMPTS))):
        task_id, self_stored = f"task-{number}", SelfStored()
        assert write(task_id, *old, self_stored=self_stored, result="old")
        self_stored.has_ended = True
        if not is_own:
            self_stored.date_done -= timedelta(microseconds=1)
        expected = may_replace(old, new) or (is_own and outcome_may_replace(old, new))
        assert write(task_id, *new, self_stored=self_stored, result="new") is expected, (old, new)
        row = TaskResult.objects.get(task_id=task_id)
        assert (row.status, row.result) == ((new[0], "new") if expected else (old[0], "old"))


def test_states_in_lower_case_are_custom_states() -> None:
    write("t", "STARTED", 0)
    assert write("t", "success", 0, result="a custom state")
    assert write("t", "SUCCESS", 0, result="the end")
    assert not write("t", "success", 1, result="late")
    assert TaskResult.objects.get(task_id="t").result == "the end"


def last_id() -> int:
    """Return the last value of the sequence of row ids."""
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
def test_updates_and_rejected_writes_use_no_sequence_values() -> None:
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
def test_short_tasks_with_existing_rows_use_one_sequence_value_at_most(
    backend: DatabaseBackend, as_worker: None, settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MERGE_STARTED_AFTER": 3_600}  # short, however slow the machine is
    requests = [task_request() for _ in range(5)]
    for request in requests:  # as hooks of projects do
        TaskResult.objects.store_result("application/json", "utf-8", request.id, None, "PENDING")
    before = last_id()
    for request in requests:
        backend.store_result(request.id, {"pid": 1}, "STARTED", request=request)
        backend.mark_as_done(request.id, 3, request=request)
    assert set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"}
    assert last_id() - before <= 1, "the first INSERT fails, and is the only one"
