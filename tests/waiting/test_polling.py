"""A waiter without notifications: quick for short tasks, gentle for long ones."""

import time
from itertools import accumulate, islice, pairwise

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends.polling import pauses
from tests.celery_app import app
from tests.waiting.conftest import Finish

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_short_task_does_not_wait_for_the_interval(finish_later: Finish) -> None:
    finish_later(0.03, "short")
    assert app.AsyncResult("short").get(timeout=10, interval=0.5) == 1
    finish_later(0.03, "shorter")
    assert app.AsyncResult("shorter").get(timeout=10, interval=60) == 1


@pytest.mark.django_db(transaction=True)
def test_a_get_of_two_seconds_costs_fewer_than_twenty_queries(finish_later: Finish) -> None:
    finish_later(2, "long")
    with CaptureQueriesContext(connection) as queries:
        app.AsyncResult("long").get(timeout=5)
    assert len(queries) < 20


def test_pauses_grow_and_heed_the_interval() -> None:
    grown = list(islice(pauses(interval=0.5), 19))
    assert all(later >= earlier for earlier, later in pairwise(grown))
    assert sum(grown) > 3
    assert max(grown) <= 0.4
    assert max(islice(pauses(interval=0.008), 12)) == 0.008


def test_nobody_waits_ten_milliseconds_for_a_task_of_fifty() -> None:
    first = list(islice(pauses(interval=0.5), 19))
    asked_at = [0.0, *accumulate(first)]
    assert max(pause for pause, at in zip(first, asked_at, strict=False) if at < 0.06) <= 0.01


@pytest.mark.parametrize("timeout", [0, 0.05])
def test_time_is_up_when_it_is_up(timeout: float) -> None:
    started = time.monotonic()
    with pytest.raises(CeleryTimeoutError):
        app.AsyncResult("never").get(timeout=timeout)
    assert time.monotonic() - started < 2


def test_zero_seconds_are_enough_for_a_ready_result() -> None:
    app.backend.store_result("ready", 7, "SUCCESS")
    assert app.AsyncResult("ready").get(timeout=0) == 7


@pytest.mark.django_db(transaction=True)
def test_an_error_is_raised_as_it_was(finish_later: Finish) -> None:
    finish_later(0.05, "broken", state="FAILURE", value=ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        app.AsyncResult("broken").get(timeout=5)
    assert isinstance(app.AsyncResult("broken").get(timeout=5, propagate=False), ValueError)
