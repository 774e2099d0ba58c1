"""`aget`: what `result.get()` returns, for asynchronous code."""

import asyncio
import time

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError
from celery.result import AsyncResult, EagerResult

from django_celery_results.backends.waiting import aget
from tests.celery_app import app
from tests.waiting.conftest import Finish, run

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_result_is_awaited(finish_later: Finish) -> None:
    finish_later(0.1, "soon", value={"answer": 42})
    assert run(aget(app.AsyncResult("soon"), timeout=10)) == {"answer": 42}


def test_other_coroutines_run_meanwhile(finish_later: Finish) -> None:
    finish_later(1, "soon")
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            longest = max(longest, time.monotonic() - before)

    async def main() -> int:
        heart = asyncio.create_task(beat())
        value = await aget(app.AsyncResult("soon"), timeout=10)
        heart.cancel()
        return value

    assert run(main()) == 1
    assert longest < 0.9  # blocked, it would have been the whole second


def test_a_group_is_awaited(results: list[AsyncResult], finish_later: Finish) -> None:
    finish_later(0.1, results[0].id, value=0)
    group = app.GroupResult("group", [app.GroupResult("inner", results[:2]), results[2]])
    assert run(aget(group, timeout=10)) == [[0, 1], 2]


def test_errors_are_raised_or_returned(finish_later: Finish) -> None:
    finish_later(0.0, "broken", state="FAILURE", value=ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        run(aget(app.AsyncResult("broken"), timeout=10))
    returned = run(aget(app.AsyncResult("broken"), timeout=10, propagate=False))
    assert isinstance(returned, ValueError)


def test_time_is_up_as_in_synchronous_code() -> None:
    with pytest.raises(CeleryTimeoutError):
        run(aget(app.AsyncResult("never"), timeout=0.05))


def test_an_eager_result_needs_no_waiting() -> None:
    assert run(aget(EagerResult("eager", 3, "SUCCESS"))) == 3
