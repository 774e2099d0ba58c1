"""Which errors of the database are retried, for how long, and which are raised at once."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import (
    DataError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from django_celery_results import outages
from django_celery_results.outages import is_retryable, retrying, trying_for


class DriverError(Exception):
    """An error of a database driver, which Django makes the cause of its own."""

    def __init__(self, **code: str) -> None:
        vars(self).update(code)


def with_sqlstate(error: Exception, sqlstate: str, attribute: str = "sqlstate") -> Exception:
    error.__cause__ = DriverError(**{attribute: sqlstate})
    return error


READ_ONLY_ERRORS = [
    with_sqlstate(InternalError("cannot execute INSERT in a read-only transaction"), "25006"),
    with_sqlstate(InternalError("cannot execute INSERT in a read-only transaction"), "25006", "pgcode"),  # psycopg 2
    OperationalError(1290, "The MariaDB server is running with the --read-only option"),
    OperationalError(1792, "Cannot execute statement in a READ ONLY transaction"),
    InternalError(1836, "Running in read-only mode"),
]
"""Errors of a write on a server that another one has replaced."""

on_a_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no connection to a server")


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        OperationalError("server closed the connection unexpectedly"),
        OperationalError(2006, "MySQL server has gone away"),
        OperationalError(1213, "Deadlock found"),
        OperationalError("database is locked"),
        with_sqlstate(ProgrammingError("prepared statement already exists"), "42P05"),
        *READ_ONLY_ERRORS,
    ],
)
def test_temporary_errors_are_retryable(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(1045, "Access denied"),
        OperationalError(1054, "Unknown column"),
        OperationalError("no such table: django_celery_results_taskresult"),
        with_sqlstate(ProgrammingError("relation does not exist"), "42P01"),
        DataError("value too long"),
        ValueError("no error of a database"),
    ],
)
def test_permanent_errors_are_not_retryable(error: Exception) -> None:
    assert not is_retryable(error)


def failing(times: int, error: Exception) -> tuple[list[str], Callable[[str], str]]:
    """Return an operation that raises this so many times, and the list of the aliases that it is called with."""
    calls: list[str] = []

    def operation(alias: str) -> str:
        calls.append(alias)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, operation


class Clock:
    """Stands for the module `time`: sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(outages, "time", clock)
    return clock


@pytest.mark.django_db(transaction=True)
def test_operation_is_retried_until_it_succeeds(clock: Clock) -> None:
    calls, operation = failing(3, OperationalError("away"))
    assert retrying("default", operation, 30.0) == "done"
    assert len(calls) == 4
    assert clock.pauses == sorted(clock.pauses), "pauses grow"


@pytest.mark.django_db(transaction=True)
def test_operation_that_keeps_failing_raises_after_the_given_seconds(clock: Clock) -> None:
    calls, operation = failing(1_000, OperationalError("away"))
    with pytest.raises(OperationalError, match="away"):
        retrying("default", operation, 30.0)
    assert 20 < clock.now <= 30
    assert 10 <= len(calls) <= 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failures", [1, 2])
def test_operation_that_fails_late_is_retried_once(clock: Clock, failures: int) -> None:
    calls, operation = failing(failures, OperationalError(1205, "Lock wait timeout exceeded"))

    def wait_for_lock(alias: str) -> str:
        clock.now += 50  # as long as MariaDB waits
        return operation(alias)

    with trying_for(30), pytest.raises(OperationalError) if failures == 2 else nullcontext():
        assert retrying("default", wait_for_lock, 30.0) == "done"
    assert len(calls) == 2


@pytest.mark.django_db(transaction=True)
def test_operation_inside_a_transaction_of_the_caller_is_not_retried(clock: Clock) -> None:
    calls, operation = failing(1, OperationalError("away"))
    with transaction.atomic(), pytest.raises(OperationalError):
        retrying("default", operation, 30.0)
    assert len(calls) == 1
    assert clock.pauses == []


@on_a_server
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", READ_ONLY_ERRORS, ids=str)
def test_each_attempt_is_made_on_a_fresh_connection(clock: Clock, error: Exception) -> None:
    used: list[Any] = []

    def operation(alias: str) -> str:
        connection.ensure_connection()
        used.append(connection.connection)
        if len(used) <= 2:
            raise error
        return "done"

    assert retrying("default", operation, 30.0) == "done"
    assert len({id(each) for each in used}) == 3


@on_a_server
@pytest.mark.django_db(transaction=True)
def test_connection_is_closed_after_the_last_attempt_too(clock: Clock) -> None:
    connection.ensure_connection()
    before = connection.connection
    with pytest.raises(OperationalError, match="1290"):
        retrying("default", failing(2, READ_ONLY_ERRORS[2])[1], 0)
    connection.ensure_connection()
    assert connection.connection is not before
