"""`result.get()` without notifications: when it polls, how often, and what it returns or raises."""

from itertools import accumulate, islice, pairwise, repeat, takewhile

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends import waiting
from django_celery_results.backends.polling import pauses
from tests.celery_app import app
from tests.waiting.polls import finishing

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_get_does_not_wait_for_a_long_interval_if_the_task_is_short() -> None:
    with finishing("short"):
        assert app.AsyncResult("short").get(interval=3_600) == 1


@pytest.mark.django_db(transaction=True)
def test_each_poll_of_get_is_one_query() -> None:
    with CaptureQueriesContext(connection) as queries, finishing("task", after_poll=5):
        app.AsyncResult("task").get()
    assert len(queries) == 6


def test_two_seconds_of_waiting_take_fewer_than_20_polls() -> None:
    polled_at = accumulate(pauses(interval=0.5), initial=0.0)
    assert len(list(takewhile(lambda seconds: seconds < 2, polled_at))) < 20


def test_pauses_between_polls_grow_up_to_the_interval() -> None:
    grown = list(islice(pauses(interval=0.5), 19))
    assert all(later >= earlier for earlier, later in pairwise(grown))
    assert sum(grown) > 3
    assert max(grown) <= 0.4
    assert max(islice(pauses(interval=0.008), 12)) == 0.008


def test_short_tasks_are_polled_every_10_ms_at_least() -> None:
    first = list(islice(pauses(interval=0.5), 19))
    polled_at = accumulate(first, initial=0.0)
    assert max(pause for pause, at in zip(first, polled_at, strict=False) if at < 0.06) <= 0.01


@pytest.mark.parametrize("timeout", [0, 0.05])
def test_get_ends_at_its_timeout_in_the_middle_of_a_pause(timeout: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "pauses", lambda interval: repeat(3_600.0))
    with pytest.raises(CeleryTimeoutError):
        app.AsyncResult("never").get(timeout=timeout)


def test_get_with_timeout_zero_returns_a_stored_result() -> None:
    app.backend.store_result("ready", 7, "SUCCESS")
    assert app.AsyncResult("ready").get(timeout=0) == 7


@pytest.mark.django_db(transaction=True)
def test_get_raises_or_returns_the_error_of_the_task() -> None:
    with finishing("broken", state="FAILURE", value=ValueError("broken")), pytest.raises(ValueError, match="broken"):
        app.AsyncResult("broken").get()
    assert isinstance(app.AsyncResult("broken").get(propagate=False), ValueError)
