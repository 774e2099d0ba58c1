"""Many tasks cost a few statements per batch, however many a batch has."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.actions import control, revoke
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_forget, bulk_retry, bulk_revoke
from django_celery_results.actions.outcome import BulkOutcome, WorkerReply
from django_celery_results.actions.retry import RetryScope, Wish
from django_celery_results.actions.selection import Selection
from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from tests.factories import QUEUE, create_failed_task
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    with publishing_to("memory://statements"):
        yield


TEN, HUNDRED = 30, 60
"""Statements that these many tasks may take at most, transactions' own counted: a batch has fifty."""
LINK = {"task": "tests.tasks.echo", "args": [], "kwargs": {}, "options": {}}


def statements(act: Callable[[Selection], BulkOutcome], rows: list[TaskResult]) -> int:
    """How many it took to do this to all of them."""
    with CaptureQueriesContext(connection) as caught:
        outcome = act(Selection(ids=tuple(row.pk for row in rows)))
    assert (outcome.done_count, outcome.skipped_count, outcome.remaining_count) == (len(rows), 0, 0)
    return len(caught)


def of_ten_and_a_hundred(act: Callable[[Selection], BulkOutcome], make: Callable[[str], TaskResult]) -> tuple[int, int]:
    ten, hundred = [make(f"ten-{number}") for number in range(10)], [make(f"more-{number}") for number in range(100)]
    return statements(act, ten), statements(act, hundred)


def lone(task_id: str) -> TaskResult:
    return create_failed_task(task_id, {"n": task_id})


def first_of_a_chain(task_id: str) -> TaskResult:
    """The link after it failed with it."""
    TaskResult.objects.create(task_id=f"{task_id}-next", status="FAILURE")
    return create_failed_task(task_id, embedded={"chain": [LINK | {"options": {"task_id": f"{task_id}-next"}}]})


def member_of_a_chord(task_id: str) -> TaskResult:
    """Each of a chord of its own, as the worst case."""
    Chord.objects.create(group_id=f"{task_id}-group", state=ChordState.FAILED, size=2)
    ChordPart.objects.create(group_id=f"{task_id}-group", task_id=task_id, index=0, state="FAILURE")
    options = {"group": f"{task_id}-group", "delivery": {"exchange": "", "routing_key": QUEUE}}
    return create_failed_task(task_id, options=options, embedded={"chord": LINK})


@pytest.mark.parametrize(
    ("scope", "make"),
    [
        (RetryScope.ALONE, lone),
        (RetryScope.CONTINUE, first_of_a_chain),
        (RetryScope.CONTINUE, member_of_a_chord),
    ],
)
def test_retrying(scope: RetryScope, make: Callable[[str], TaskResult], sent: list[str]) -> None:
    ten, hundred = of_ten_and_a_hundred(lambda them: bulk_retry(SYSTEM, them, Wish(scope=scope), BulkOptions()), make)
    assert len(set(sent)) == 110
    assert (ten <= TEN + 10, hundred <= HUNDRED + 15) == (True, True), (ten, hundred)


def test_revoking(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = (WorkerReply(worker="w", acknowledged=True, message="heard"),)
    monkeypatch.setattr(control, "revoke", lambda *_, **__: heard)
    ten, hundred = of_ten_and_a_hundred(
        lambda them: bulk_revoke(SYSTEM, them, revoke.Wish(), BulkOptions()),
        lambda task_id: TaskResult.objects.create(task_id=task_id),
    )
    assert set(TaskResult.objects.values_list("status", flat=True)) == {"REVOKED"}
    assert (ten <= TEN, hundred <= HUNDRED) == (True, True), (ten, hundred)


def test_forgetting() -> None:
    ten, hundred = of_ten_and_a_hundred(lambda them: bulk_forget(SYSTEM, them, BulkOptions()), lone)
    assert not TaskResult.objects.exists()
    assert (ten <= TEN, hundred <= HUNDRED) == (True, True), (ten, hundred)
