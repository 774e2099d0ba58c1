"""Which failures are tried again, for how long, and which are told at once."""

import pytest
from django.db import DataError, InterfaceError, OperationalError, ProgrammingError, transaction

from django_celery_results.outages import is_retryable, retrying


class Driver(Exception):
    """An error of a driver, as Django hands it on."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def caused(error: Exception, sqlstate: str) -> Exception:
    error.__cause__ = Driver(sqlstate)
    return error


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        OperationalError("server closed the connection unexpectedly"),
        OperationalError(2006, "MySQL server has gone away"),
        OperationalError(1213, "Deadlock found"),
        OperationalError("database is locked"),
        caused(ProgrammingError("prepared statement already exists"), "42P05"),
    ],
)
def test_what_passes_is_tried_again(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError(1045, "Access denied"),
        OperationalError(1054, "Unknown column"),
        OperationalError("no such table: django_celery_results_taskresult"),
        caused(ProgrammingError("relation does not exist"), "42P01"),
        DataError("value too long"),
        ValueError("no error of a database"),
    ],
)
def test_what_stays_is_told_at_once(error: Exception) -> None:
    assert not is_retryable(error)


def failing(times: int, error: Exception) -> tuple[list[str], object]:
    calls: list[str] = []

    def operation(alias: str) -> str:
        calls.append(alias)
        if len(calls) <= times:
            raise error
        return "done"

    return calls, operation


@pytest.mark.django_db(transaction=True)
def test_an_operation_is_tried_until_it_succeeds() -> None:
    calls, operation = failing(3, OperationalError("away"))
    assert retrying("default", operation, 5.0) == "done"  # type: ignore[arg-type]
    assert len(calls) == 4


@pytest.mark.django_db(transaction=True)
def test_an_operation_that_goes_on_failing_raises_when_its_time_is_over() -> None:
    calls, operation = failing(1_000, OperationalError("away"))
    with pytest.raises(OperationalError, match="away"):
        retrying("default", operation, 0.3)  # type: ignore[arg-type]
    assert 2 <= len(calls) <= 20


@pytest.mark.django_db(transaction=True)
def test_nothing_is_tried_again_inside_a_transaction_of_the_caller() -> None:
    calls, operation = failing(1, OperationalError("away"))
    with transaction.atomic(), pytest.raises(OperationalError):
        retrying("default", operation, 5.0)  # type: ignore[arg-type]
    assert len(calls) == 1
