"""Bulk actions take a number of statements that grows with the batches, of fifty tasks each, and not with the tasks."""

from collections.abc import Callable

import pytest
from celery import states
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.actions import revoke
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_forget, bulk_retry, bulk_revoke
from django_celery_results.actions.outcome import BulkOutcome
from django_celery_results.actions.retry import RetryScope, Wish
from django_celery_results.actions.selection import Selection
from django_celery_results.models import ChordPart, ChordState, Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from tests.factories import QUEUE, create_chord, create_failed_task, create_task

pytestmark = pytest.mark.django_db

LINK = {"task": "tests.tasks.echo", "args": [], "kwargs": {}, "options": {}}


def count_statements(act: Callable[[Selection], BulkOutcome], create: Callable[[str], TaskResult]) -> tuple[int, int]:
    """Return how many statements, transactions' own included, the action takes for ten tasks and for a hundred."""
    counts = []
    for size in (10, 100):
        tasks = [create(f"{number}-of-{size}") for number in range(size)]
        with CaptureQueriesContext(connection) as statements:
            outcome = act(Selection(ids=tuple(task.pk for task in tasks)))
        assert (outcome.done_count, outcome.skipped_count, outcome.remaining_count) == (size, 0, 0)
        counts.append(len(statements))
    return counts[0], counts[1]


def create_single(task_id: str) -> TaskResult:
    return create_failed_task(task_id, {"n": task_id})


def create_start_of_chain(task_id: str) -> TaskResult:
    """Create the first task of a chain, and the second that failed with it."""
    create_task(f"{task_id}-next", states.FAILURE)
    return create_failed_task(task_id, embedded={"chain": [LINK | {"options": {"task_id": f"{task_id}-next"}}]})


def create_chord_member(task_id: str) -> TaskResult:
    """Create a failed member of a chord of its own: the worst case."""
    create_chord(f"{task_id}-group", ChordState.FAILED, size=2)
    ChordPart.objects.create(group_id=f"{task_id}-group", task_id=task_id, index=0, state="FAILURE")
    options = {"group": f"{task_id}-group", "delivery": {"exchange": "", "routing_key": QUEUE}}
    return create_failed_task(task_id, options=options, embedded={"chord": LINK})


@pytest.mark.parametrize(
    ("scope", "create", "max_of_ten", "max_of_hundred"),
    [
        (RetryScope.ALONE, create_single, 28, 56),
        (RetryScope.CONTINUE, create_start_of_chain, 31, 62),
        (RetryScope.CONTINUE, create_chord_member, 38, 74),
    ],
)
def test_bulk_retry_keeps_its_query_budget(
    scope: RetryScope, create: Callable[[str], TaskResult], max_of_ten: int, max_of_hundred: int, sent: list[str]
) -> None:
    of_ten, of_hundred = count_statements(
        lambda selection: bulk_retry(SYSTEM, selection, Wish(scope=scope), BulkOptions()), create
    )
    assert len(set(sent)) == 110
    assert of_ten <= max_of_ten
    assert of_hundred <= max_of_hundred


def test_bulk_revoke_keeps_its_query_budget(acknowledged_broadcasts: list[list[str]]) -> None:
    of_ten, of_hundred = count_statements(
        lambda selection: bulk_revoke(SYSTEM, selection, revoke.Wish(), BulkOptions()),
        lambda task_id: create_task(task_id, states.PENDING),
    )
    assert [len(task_ids) for task_ids in acknowledged_broadcasts] == [10, 50, 50]
    assert set(TaskResult.objects.values_list("status", flat=True)) == {states.REVOKED}
    assert of_ten <= 18
    assert of_hundred <= 24


def test_bulk_delete_keeps_its_query_budget() -> None:
    of_ten, of_hundred = count_statements(
        lambda selection: bulk_forget(SYSTEM, selection, BulkOptions()), create_single
    )
    assert not TaskResult.objects.exists()
    assert not TaskMessage.objects.exists()
    assert Operation.objects.filter(action="forget", state=OperationState.DONE).count() == 110
    assert of_ten <= 22
    assert of_hundred <= 34
