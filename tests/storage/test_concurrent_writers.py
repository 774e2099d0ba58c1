"""Writers on connections of their own: what they are told and what remains is what some order of them explains."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections

from django_celery_results.models import TaskResult
from django_celery_results.state_changes import StateChange

from .test_state_write import ATTEMPTS, STATES, gives_way

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
            barrier.wait(10)
            writer()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def is_explained(histories: list[list[tuple[Write, bool]]], final: Row) -> bool:
    """Whether an order of all writes exists that gives everyone the verdict they got, and leaves this row."""
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
        expected = row is None or gives_way(row[:2], write[:2])
        if expected == taken:
            after: Any = (write[0], _attempt_after(row, write), write[2]) if taken else row
            yield (*done[:who], done[who] + 1, *done[who + 1 :]), after


def _attempt_after(row: Row | None, write: Write) -> int | None:
    """Who does not run a task leaves the attempt as it is, but for a prediction."""
    state, attempt, _ = write
    if attempt is None and row and state not in ("FAILURE", "REVOKED"):
        return row[1]
    return attempt


def check(seed: int, writers: int = 4, writes: int = 3) -> None:
    chance = random.Random(seed)
    task_id = f"task-{seed}"
    plans = [
        [(chance.choice(STATES), chance.choice(ATTEMPTS), f"{who}.{step}") for step in range(writes)]
        for who in range(writers)
    ]
    taken_for_first = [chance.random() < 0.5 for _ in plans]
    histories: list[list[tuple[Write, bool]]] = [[] for _ in plans]

    def writer(who: int) -> Callable[[], None]:
        def write_all() -> None:
            for write in plans[who]:
                histories[who].append((write, store(task_id, write, is_first=taken_for_first[who])))

        return write_all

    run_together([writer(who) for who in range(writers)])
    assert [len(history) for history in histories] == [writes] * writers, "every writer was answered"
    row = TaskResult.objects.get(task_id=task_id)
    assert row.worker == row.result, "columns of two writes are never mixed"
    assert is_explained(histories, (row.status, row.attempt, str(row.result))), (histories, row.status, row.attempt)


def test_random_writers_never_lose_a_word() -> None:
    for seed in range(25):
        check(seed)


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_many_random_writers_never_lose_a_word() -> None:
    for seed in range(1_000, 2_000):
        check(seed, writers=6, writes=3)


def test_many_first_writers_make_one_row() -> None:
    verdicts: list[bool] = []
    run_together([lambda: verdicts.append(store("one", ("SUCCESS", 0, "x"))) for _ in range(8)])
    assert sorted(verdicts) == [False] * 7 + [True]
    assert TaskResult.objects.filter(task_id="one").count() == 1
