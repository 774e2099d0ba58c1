"""Concurrent writers of one task are linearizable: some order of the writes explains all return values and the row."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections

from django_celery_results.models import TaskResult
from django_celery_results.state_changes import StateChange
from tests.storage.state_model import ATTEMPTS, STATES, may_replace
from tests.workers import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Row = tuple[str, int | None, str]
Write = tuple[str, int | None, str]


def store(task_id: str, write: Write, *, is_first: bool = False) -> bool:
    state, attempt, mark = write
    known = {"result": mark, "worker": mark}
    change = StateChange(task_id=task_id, status=state, attempt=attempt, known=known, is_first=is_first)
    return TaskResult.objects.write(change)


def run_together(writers: list[Callable[[], None]]) -> None:
    barrier = threading.Barrier(len(writers))

    def run(writer: Callable[[], None]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            writer()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def is_linearizable(histories: list[list[tuple[Write, bool]]], final: Row) -> bool:
    """Return whether some order of all writes gives each the return value it got, and ends with this row."""
    seen = set()

    def search(done: tuple[int, ...], row: Row | None) -> bool:
        if (done, row) in seen:
            return False
        seen.add((done, row))
        steps = list(next_steps(histories, done, row))
        if not steps:
            return row == final and all(n == len(h) for n, h in zip(done, histories, strict=True))
        return any(search(*step) for step in steps)

    return search((0,) * len(histories), None)


def next_steps(
    histories: list[list[tuple[Write, bool]]], done: tuple[int, ...], row: Row | None
) -> Iterator[tuple[tuple[int, ...], Row | None]]:
    for who, history in enumerate(histories):
        if done[who] == len(history):
            continue
        write, taken = history[done[who]]
        expected = row is None or may_replace(row[:2], write[:2])
        if expected == taken:
            after: Any = (write[0], _attempt_after(row, write), write[2]) if taken else row
            yield (*done[:who], done[who] + 1, *done[who + 1 :]), after


def _attempt_after(row: Row | None, write: Write) -> int | None:
    """Return the attempt of the row after a write: one without an attempt keeps it, except FAILURE and REVOKED."""
    state, attempt, _ = write
    if attempt is None and row and state not in ("FAILURE", "REVOKED"):
        return row[1]
    return attempt


def write_at_random_and_check(seed: int, writers: int = 4, writes: int = 3) -> None:
    chance = random.Random(seed)
    task_id = f"task-{seed}"
    plans = [
        [(chance.choice(STATES), chance.choice(ATTEMPTS), f"{who}.{step}") for step in range(writes)]
        for who in range(writers)
    ]
    assumes_first = [chance.random() < 0.5 for _ in plans]
    histories: list[list[tuple[Write, bool]]] = [[] for _ in plans]

    def writer(who: int) -> Callable[[], None]:
        def write_all() -> None:
            for write in plans[who]:
                histories[who].append((write, store(task_id, write, is_first=assumes_first[who])))

        return write_all

    run_together([writer(who) for who in range(writers)])
    assert [len(history) for history in histories] == [writes] * writers, "every write returned"
    row = TaskResult.objects.get(task_id=task_id)
    assert row.worker == row.result, "the columns come from one write"
    assert is_linearizable(histories, (row.status, row.attempt, str(row.result))), (histories, row.status, row.attempt)


def test_concurrent_writes_end_as_if_made_one_after_the_other() -> None:
    for seed in range(25):
        write_at_random_and_check(seed)


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_many_concurrent_writes_end_as_if_made_one_after_the_other() -> None:
    for seed in range(1_000, 2_000):
        write_at_random_and_check(seed, writers=6, writes=3)


def test_concurrent_first_writes_create_one_row() -> None:
    return_values: list[bool] = []
    run_together([lambda: return_values.append(store("one", ("SUCCESS", 0, "x"))) for _ in range(8)])
    assert sorted(return_values) == [False] * 7 + [True]
    assert TaskResult.objects.filter(task_id="one").count() == 1
