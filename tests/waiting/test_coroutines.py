"""`aget`: what `result.get()` returns, for asynchronous code."""

import asyncio
from typing import Any

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError
from celery.result import AsyncResult, EagerResult

from django_celery_results.backends.waiting import aget
from tests.celery_app import app
from tests.waiting.coroutines import run_coroutine
from tests.waiting.polls import finishing, store_outcome

pytestmark = pytest.mark.django_db(transaction=True)


def test_aget_returns_the_result_of_a_task() -> None:
    with finishing("task", value={"answer": 42}):
        assert run_coroutine(aget(app.AsyncResult("task"))) == {"answer": 42}


def test_aget_lets_other_coroutines_run_while_it_waits() -> None:
    async def finish_after_some_turns() -> None:
        for _ in range(20):  # a blocked event loop takes none, and the task never ends
            await asyncio.sleep(0)
        await asyncio.to_thread(store_outcome, "task")

    async def main() -> int:
        waiting = asyncio.create_task(aget(app.AsyncResult("task")))
        await finish_after_some_turns()
        return await waiting

    assert run_coroutine(main()) == 1


def test_aget_returns_the_results_of_a_group(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", [app.GroupResult("inner", results[:2]), results[2]])
    with finishing(results[0].id, value=0):
        assert run_coroutine(aget(group)) == [[0, 1], 2]


def test_aget_raises_or_returns_the_error_of_a_task() -> None:
    app.backend.store_result("broken", ValueError("broken"), "FAILURE")
    with pytest.raises(ValueError, match="broken"):
        run_coroutine(aget(app.AsyncResult("broken")))
    returned = run_coroutine(aget(app.AsyncResult("broken"), propagate=False))
    assert isinstance(returned, ValueError)


def test_aget_raises_the_timeout_error_of_celery() -> None:
    with pytest.raises(CeleryTimeoutError):
        run_coroutine(aget(app.AsyncResult("never"), timeout=0.05))


def test_aget_returns_an_eager_result_without_a_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert run_coroutine(aget(EagerResult("eager", 3, "SUCCESS"))) == 3
