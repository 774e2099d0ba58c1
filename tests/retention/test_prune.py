"""`prune()` and `cleanup()`: which rows expire at which age, and by which statements they are deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_celery_results.backends import DatabaseBackend
from django_celery_results.batches import Batches
from django_celery_results.chord_rows import Part
from django_celery_results.models import (
    Chord,
    ChordCounter,
    ChordPart,
    GroupResult,
    Operation,
    OperationState,
    TaskMessage,
    TaskResult,
)
from django_celery_results.retention import Ages, prune, prune_tasks
from tests.celery_app import app
from tests.factories import create_chord, create_group, create_task, days_ago, set_dates

pytestmark = pytest.mark.django_db
DAY = 86_400.0


def task_ids() -> set[str]:
    return set(TaskResult.objects.values_list("task_id", flat=True))


def test_prune_deletes_finished_tasks_and_keeps_unfinished_ones() -> None:
    for status in ("SUCCESS", "FAILURE", "REVOKED", "REJECTED", "IGNORED", "PENDING", "STARTED", "RETRY", "PROGRESS"):
        create_task(status, status, date_done=days_ago(3))
    create_task("young", date_done=days_ago(1))

    pruned = prune(Ages(default=2 * DAY))

    assert pruned.task_results == 5
    assert task_ids() == {"PENDING", "STARTED", "RETRY", "PROGRESS", "young"}


def test_prune_uses_the_age_of_each_state() -> None:
    create_task("old success", "SUCCESS", date_done=days_ago(3))
    create_task("old failure", "FAILURE", date_done=days_ago(3))
    create_task("ancient failure", "FAILURE", date_done=days_ago(40))
    create_task("kept for good", "REVOKED", date_done=days_ago(400))
    create_task("stuck", "STARTED", date_done=days_ago(40))

    prune(Ages(default=DAY, by_state={"FAILURE": 30 * DAY, "REVOKED": None, "STARTED": 20 * DAY}))

    assert task_ids() == {"old failure", "kept for good"}


def test_prune_deletes_nothing_without_an_age() -> None:
    create_task("ancient", date_done=days_ago(4_000))
    create_chord("ancient", "done", date_created=days_ago(4_000))
    assert prune(Ages(default=None)).total == 0
    assert prune(Ages(default=0)).total == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_prune_deletes_the_same_rows_with_any_batch_size(size: int) -> None:
    for number in range(7):
        create_task(f"task {number}", date_done=days_ago(number + 0.5))
    seen: list[float] = []

    removed = prune_tasks({2 * DAY: ["SUCCESS"]}, batches=Batches(size=size, progress=seen.append))

    assert removed == 5
    assert task_ids() == {"task 0", "task 1"}
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_prune_splits_rows_of_the_same_date_into_batches() -> None:
    rows = [create_task(f"task {number}") for number in range(10)]
    TaskResult.objects.update(date_done=rows[0].date_done)

    with CaptureQueriesContext(connection) as queries:
        removed = prune_tasks({1e-9: ["SUCCESS"]}, batches=Batches(size=4))

    deletes = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert (removed, len(deletes)) == (10, 3)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a plan of PostgreSQL")
def test_index_finds_rows_of_the_same_date() -> None:
    done = create_task("task").date_done
    rows = TaskResult.objects.filter(date_done=done, pk__gte=1).order_by("pk").values_list("pk")
    with connection.cursor() as cursor:
        for plan in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{plan} = off")
    assert "Index Cond: ((date_done = " in rows.explain()
    assert "AND (id >= 1))" in rows.explain()


def test_prune_selects_no_payload_columns() -> None:
    create_task("old", date_done=days_ago(3))
    with CaptureQueriesContext(connection) as queries:
        prune_tasks({DAY: ["SUCCESS"]}, batches=Batches())
    assert not [query["sql"] for query in queries if "task_args" in query["sql"]]


def test_prune_sends_delete_signals() -> None:
    create_task("old", date_done=days_ago(3))
    deleted: list[str] = []

    def receive(instance: TaskResult, **_: Any) -> None:
        deleted.append(instance.task_id)

    post_delete.connect(receive, sender=TaskResult)
    try:
        prune(Ages(default=DAY))
    finally:
        post_delete.disconnect(receive, sender=TaskResult)
    assert deleted == ["old"]


def test_prune_deletes_messages_of_deleted_tasks_and_orphaned_messages() -> None:
    create_task("old", "FAILURE", date_done=days_ago(3))
    create_task("kept", "FAILURE")
    for task_id in ("old", "kept", "orphan"):
        set_dates(TaskMessage.objects.create(task_id=task_id, task_name="t"), date_created=days_ago(3))
    TaskMessage.objects.create(task_id="on its way", task_name="t")

    assert prune(Ages(default=DAY)).messages == 1

    assert set(TaskMessage.objects.values_list("task_id", flat=True)) == {"kept", "on its way"}


def test_prune_keeps_failed_and_unfinished_chords_longer_than_finished_ones() -> None:
    for state in ("done", "failed", "open", "claimed", "healing"):
        create_chord(state, state, date_created=days_ago(10))
        part = ChordPart.objects.create(group_id=state, task_id="m", index=0, state="SUCCESS")
        set_dates(part, date_created=days_ago(10))
    create_chord("abandoned", "open", date_created=days_ago(100))

    assert prune(Ages(default=DAY, by_state={"FAILURE": 50 * DAY})).chords == 2

    kept = {"failed", "open", "claimed", "healing"}
    assert set(Chord.objects.values_list("group_id", flat=True)) == kept
    assert set(ChordPart.objects.values_list("group_id", flat=True)) == kept


def test_result_chord_expires_is_the_age_of_unfinished_chords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_chord_expires", 5 * DAY)
    create_chord("lost", "open", date_created=days_ago(6))
    create_chord("slow", "open", date_created=days_ago(4))
    create_chord("done", "done", date_created=days_ago(0.5))
    app.backend.cleanup()
    assert set(Chord.objects.values_list("group_id", flat=True)) == {"slow", "done"}


def test_prune_deletes_abandoned_chord_counters_of_2x() -> None:
    for group_id, days in (("running", 20), ("lost", 100)):
        counter = ChordCounter.objects.create(group_id=group_id, sub_tasks="[]", count=2)
        counted = ChordPart.objects.create(group_id=group_id, task_id="m", index=-3, state="COUNTED")
        for row in (counter, counted):
            set_dates(row, date_created=days_ago(days))

    assert prune(Ages(default=DAY)).chords == 1

    assert ChordCounter.objects.get().group_id == "running"
    assert ChordPart.objects.get().group_id == "running"


def test_prune_keeps_new_chord_parts_without_a_chord_in_any_time_zone(settings: Any) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "Asia/Tokyo"  # SQLite's own clock is that of UTC
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SET time_zone = '-08:00'")
    try:
        Part(group_id="not seen yet", task_id="m", index=0, state="SUCCESS", result=None).save("default")
        prune(Ages(default=DAY))
        assert ChordPart.objects.exists()
    finally:
        if connection.vendor == "mysql":
            with connection.cursor() as cursor:
                cursor.execute("SET time_zone = DEFAULT")


def test_prune_deletes_expired_groups() -> None:
    create_group("old", [], date_done=days_ago(3))
    create_group("young", [])
    assert prune(Ages(default=DAY)).group_results == 1
    assert GroupResult.objects.get().group_id == "young"


def test_prune_deletes_finished_operations_only_if_an_age_is_given() -> None:
    for state in OperationState:
        Operation.objects.create(action="bulk_retry", state=state)
    Operation.objects.create(action="retry", open_claim="claim")
    Operation.objects.create(action="bulk_retry", lease_until=timezone.now() + timedelta(minutes=10))
    Operation.objects.update(started_at=days_ago(400))
    Operation.objects.create(action="retry", state=OperationState.DONE)
    assert prune(Ages(default=DAY)).operations == 0

    assert prune(Ages(default=DAY, operations=300 * DAY)).operations == 4
    kept = Operation.objects.order_by("pk").values_list("action", "state")
    assert list(kept) == [("retry", "claimed"), ("bulk_retry", "claimed"), ("retry", "done")]


def test_dry_run_counts_rows_and_deletes_none() -> None:
    create_task("old", date_done=days_ago(3))
    create_chord("old", "done", date_created=days_ago(3))
    pruned = prune(Ages(default=DAY), batches=Batches(dry_run=True))
    assert (pruned.task_results, pruned.chords) == (1, 1)
    assert task_ids() == {"old"}
    assert Chord.objects.exists()


@pytest.mark.parametrize("expires", [None, 0])
def test_cleanup_deletes_nothing_if_results_never_expire(expires: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_expires", expires)
    create_task("ancient", date_done=days_ago(4_000))
    create_chord("ancient", "done", date_created=days_ago(4_000))
    DatabaseBackend(app).cleanup()
    assert task_ids() == {"ancient"}
    assert Chord.objects.exists()


def test_cleanup_applies_the_retention_setting(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"RETENTION": {"FAILURE": 30 * DAY}}
    create_task("old success", date_done=days_ago(3))
    create_task("old failure", "FAILURE", date_done=days_ago(3))
    app.backend.cleanup()  # result_expires is one day by default
    assert task_ids() == {"old failure"}
