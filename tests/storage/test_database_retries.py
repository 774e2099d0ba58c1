"""Which errors of the database are retried, for how long, and which are raised at once."""

from collections.abc import Callable

import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, transaction

from django_celery_results import outages
from django_celery_results.outages import is_retryable, retrying


class DriverError(Exception):
    """An error of a database driver, which Django makes the cause of its own."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def with_sqlstate(error: Exception, sqlstate: str) -> Exception:
    error.__cause__ = DriverError(sqlstate)
    return error


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        OperationalError("server closed the connection unexpectedly"),
        OperationalError(2006, "MySQL server has gone away"),
        OperationalError(1213, "Deadlock found"),
        OperationalError("database is locked"),
        with_sqlstate(ProgrammingError("prepared statement already exists"), "42P05"),
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
def test_operation_inside_a_transaction_of_the_caller_is_not_retried(clock: Clock) -> None:
    calls, operation = failing(1, OperationalError("away"))
    with transaction.atomic(), pytest.raises(OperationalError):
        retrying("default", operation, 30.0)
    assert len(calls) == 1
    assert clock.pauses == []
