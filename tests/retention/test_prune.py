"""What expires, what is kept, and how it is deleted."""

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
from tests.retention.conftest import Make

pytestmark = pytest.mark.django_db
DAY = 86_400.0


def task_ids() -> set[str]:
    return set(TaskResult.objects.values_list("task_id", flat=True))


def test_finished_tasks_expire_and_unfinished_ones_are_kept(make_task: Make) -> None:
    for status in ("SUCCESS", "FAILURE", "REVOKED", "REJECTED", "IGNORED", "PENDING", "STARTED", "RETRY", "PROGRESS"):
        make_task(status, status, days=3)
    make_task("young", days=1)

    pruned = prune(Ages(default=2 * DAY))

    assert pruned.task_results == 5
    assert task_ids() == {"PENDING", "STARTED", "RETRY", "PROGRESS", "young"}


def test_each_state_may_have_an_age_of_its_own(make_task: Make) -> None:
    make_task("old success", "SUCCESS", days=3)
    make_task("old failure", "FAILURE", days=3)
    make_task("ancient failure", "FAILURE", days=40)
    make_task("kept for good", "REVOKED", days=400)
    make_task("stuck", "STARTED", days=40)

    prune(Ages(default=DAY, by_state={"FAILURE": 30 * DAY, "REVOKED": None, "STARTED": 20 * DAY}))

    assert task_ids() == {"old failure", "kept for good"}


def test_nothing_expires_where_results_are_kept_for_good(make_task: Make, make_chord: Make) -> None:
    make_task("ancient", days=4_000)
    make_chord("ancient", "done", days=4_000)
    assert prune(Ages(default=None)).total == 0
    assert prune(Ages(default=0)).total == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_batches_of_any_size_delete_the_same_rows(make_task: Make, size: int) -> None:
    for number in range(7):
        make_task(f"task {number}", days=number + 0.5)
    seen: list[float] = []

    removed = prune_tasks({2 * DAY: ["SUCCESS"]}, batches=Batches(size=size, progress=seen.append))

    assert removed == 5
    assert task_ids() == {"task 0", "task 1"}
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_rows_of_one_instant_are_cut_into_batches_too(make_task: Make, aged: Make) -> None:
    rows = [make_task(f"task {number}") for number in range(10)]
    TaskResult.objects.update(date_done=rows[0].date_done)

    with CaptureQueriesContext(connection) as queries:
        removed = prune_tasks({1e-9: ["SUCCESS"]}, batches=Batches(size=4))

    deletes = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert (removed, len(deletes)) == (10, 3)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a plan of PostgreSQL")
def test_rows_of_one_instant_are_found_by_the_index(make_task: Make) -> None:
    done = make_task("task").date_done
    rows = TaskResult.objects.filter(date_done=done, pk__gte=1).order_by("pk").values_list("pk")
    with connection.cursor() as cursor:
        for plan in ("seqscan", "sort", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{plan} = off")
    assert "Index Cond: ((date_done = " in rows.explain()
    assert "AND (id >= 1))" in rows.explain()


def test_rows_are_never_loaded(make_task: Make) -> None:
    make_task("old", days=3)
    with CaptureQueriesContext(connection) as queries:
        prune_tasks({DAY: ["SUCCESS"]}, batches=Batches())
    assert not [query["sql"] for query in queries if "task_args" in query["sql"]]


def test_receivers_of_delete_signals_are_still_called(make_task: Make) -> None:
    make_task("old", days=3)
    heard: list[str] = []

    def hear(instance: TaskResult, **_: Any) -> None:
        heard.append(instance.task_id)

    post_delete.connect(hear, sender=TaskResult)
    try:
        prune(Ages(default=DAY))
    finally:
        post_delete.disconnect(hear, sender=TaskResult)
    assert heard == ["old"]


def test_message_records_go_with_their_tasks_and_orphans_too(make_task: Make, aged: Make) -> None:
    make_task("old", "FAILURE", days=3)
    make_task("kept", "FAILURE")
    for task_id in ("old", "kept", "orphan"):
        aged(TaskMessage.objects.create(task_id=task_id, task_name="t"), 3, "date_created")
    TaskMessage.objects.create(task_id="on its way", task_name="t")

    assert prune(Ages(default=DAY)).messages == 1

    assert set(TaskMessage.objects.values_list("task_id", flat=True)) == {"kept", "on its way"}


def test_failed_chords_outlive_their_failed_members(make_chord: Make, aged: Make) -> None:
    for state in ("done", "failed", "open", "claimed", "healing"):
        make_chord(state, state, days=10)
        aged(ChordPart.objects.create(group_id=state, task_id="m", index=0, state="SUCCESS"), 10, "date_created")
    make_chord("abandoned", "open", days=100)

    assert prune(Ages(default=DAY, by_state={"FAILURE": 50 * DAY})).chords == 2

    kept = {"failed", "open", "claimed", "healing"}
    assert set(Chord.objects.values_list("group_id", flat=True)) == kept
    assert set(ChordPart.objects.values_list("group_id", flat=True)) == kept


def test_celery_may_say_how_long_a_chord_waits_for_its_members(
    make_chord: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "result_chord_expires", 5 * DAY)
    make_chord("lost", "open", days=6)
    make_chord("slow", "open", days=4)
    make_chord("done", "done", days=0.5)
    app.backend.cleanup()
    assert set(Chord.objects.values_list("group_id", flat=True)) == {"slow", "done"}


def test_chords_of_the_old_package_are_given_up_like_ours(aged: Make) -> None:
    for group_id, days in (("running", 20), ("lost", 100)):
        aged(ChordCounter.objects.create(group_id=group_id, sub_tasks="[]", count=2), days, "date_created")
        counted = ChordPart.objects.create(group_id=group_id, task_id="m", index=-3, state="COUNTED")
        aged(counted, days, "date_created")

    assert prune(Ages(default=DAY)).chords == 1

    assert ChordCounter.objects.get().group_id == "running"
    assert ChordPart.objects.get().group_id == "running"


def test_parts_whose_chord_is_not_committed_yet_are_kept_in_every_time_zone(settings: Any) -> None:
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


def test_groups_expire(aged: Make) -> None:
    aged(GroupResult.objects.create(group_id="old"), 3, "date_done")
    GroupResult.objects.create(group_id="young")
    assert prune(Ages(default=DAY)).group_results == 1
    assert GroupResult.objects.get().group_id == "young"


def test_operations_are_kept_unless_an_age_is_set(aged: Make) -> None:
    for state in OperationState:
        aged(Operation.objects.create(action="bulk_retry", state=state), 400, "started_at")
    aged(Operation.objects.create(action="retry", open_claim="claim"), 400, "started_at")
    later = timezone.now() + timedelta(seconds=60)
    aged(Operation.objects.create(action="bulk_retry", lease_until=later), 400, "started_at")
    Operation.objects.create(action="retry", state=OperationState.DONE)
    assert prune(Ages(default=DAY)).operations == 0

    assert prune(Ages(default=DAY, operations=300 * DAY)).operations == 4
    kept = Operation.objects.order_by("pk").values_list("action", "state")
    assert list(kept) == [("retry", "claimed"), ("bulk_retry", "claimed"), ("retry", "done")]


def test_a_dry_run_counts_and_deletes_nothing(make_task: Make, make_chord: Make) -> None:
    make_task("old", days=3)
    make_chord("old", "done", days=3)
    pruned = prune(Ages(default=DAY), batches=Batches(dry_run=True))
    assert (pruned.task_results, pruned.chords) == (1, 1)
    assert task_ids() == {"old"}
    assert Chord.objects.exists()


@pytest.mark.parametrize("expires", [None, 0])
def test_cleanup_keeps_everything_where_results_never_expire(
    make_task: Make, make_chord: Make, expires: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "result_expires", expires)
    make_task("ancient", days=4_000)
    make_chord("ancient", "done", days=4_000)
    DatabaseBackend(app).cleanup()
    assert task_ids() == {"ancient"}
    assert Chord.objects.exists()


def test_beat_cleans_up_by_the_settings(make_task: Make, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"RETENTION": {"FAILURE": 30 * DAY}}
    make_task("old success", days=3)
    make_task("old failure", "FAILURE", days=3)
    app.backend.cleanup()  # result_expires is one day by default
    assert task_ids() == {"old failure"}
