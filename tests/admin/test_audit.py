"""Terminating and deleting in the admin asks the policy for each row and records an operation for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_celery_results.actions import control
from django_celery_results.models import GroupResult, Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer
from tests.celery_app import app
from tests.factories import create_failed_task, create_group, create_task
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db

TASKS = reverse("admin:django_celery_results_taskresult_changelist")
GROUPS = reverse("admin:django_celery_results_groupresult_changelist")
TERMINATE = ("revoke_taskresult", "terminate_taskresult")


class RestrictivePolicy(Policy):
    """Forbid to terminate and delete one task, and to delete groups of one name."""

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        guarded = task is not None and task.task_id == "guarded" and action in (Action.TERMINATE, Action.DELETE)
        return not guarded and super().may(viewer, action, task)


@pytest.fixture(autouse=True)
def guarded(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.admin.test_audit.RestrictivePolicy"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[list[str], bool]]]:
    """The revokes that were broadcast: ids of tasks, and whether to terminate."""
    asked: list[tuple[list[str], bool]] = []

    def revoke(ids: list[str], *, terminate: bool, **_: Any) -> list[dict[str, Any]]:
        asked.append((ids, terminate))
        return [{"worker@a": {"ok": "flagged"}}]

    control.forget()
    with publishing_to("memory://audit"):
        monkeypatch.setattr(app.control, "revoke", revoke)
        yield asked


def post(client: Client, url: str, action: str, *rows: Any, **more: Any) -> list[str]:
    """Run an admin action on rows and return the messages of the next page."""
    form = {"action": action, "index": "0", "_selected_action": [row.pk for row in rows], **more}
    answer = client.post(url, form, follow=True)
    return [str(message) for message in answer.context["messages"]] if answer.context else [str(answer.status_code)]


def recorded() -> list[tuple[str, str | None, str, str]]:
    """Return action, task, state and actor of every operation on one row."""
    rows = Operation.objects.exclude(action__startswith="bulk_").order_by("task_id", "pk")
    return list(rows.values_list("action", "task_id", "state", "actor_name"))


class TestTerminate:
    def test_policy_is_asked_for_each_task(
        self, staff_client: Callable[..., Client], told: list[tuple[list[str], bool]]
    ) -> None:
        rows = [create_task(name, status="STARTED") for name in ("free", "guarded")]
        said = post(staff_client("view_taskresult", *TERMINATE), TASKS, "terminate_task", *rows)
        assert told == [(["free"], True)]
        assert said == [
            "1 Task was terminated successfully.",
            "Your project's policy does not allow this for this task.",
        ]
        assert recorded() == [("revoke", "free", "done", "operator"), ("revoke", "guarded", "refused", "operator")]
        assert Operation.objects.filter(action="bulk_revoke").count() == 1

    @pytest.mark.parametrize("codenames", [("terminate_taskresult",), ("revoke_taskresult",)])
    def test_permissions_are_those_of_the_api(
        self, codenames: tuple[str, ...], staff_client: Callable[..., Client], told: list[tuple[list[str], bool]]
    ) -> None:
        post(
            staff_client("view_taskresult", *codenames), TASKS, "terminate_task", create_task("free", status="STARTED")
        )
        assert told == []
        assert recorded() == []

    def test_viewers_may_terminate_setting_still_asks_the_policy(
        self, staff_client: Callable[..., Client], told: list[tuple[list[str], bool]], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {**settings.DJANGO_CELERY_RESULTS, "VIEWERS_MAY_TERMINATE": True}
        rows = [create_task(name, status="STARTED") for name in ("free", "guarded")]
        client = staff_client("view_taskresult")
        post(client, TASKS, "terminate_task", *rows)
        assert told == [(["free"], True)]
        assert recorded() == [("revoke", "free", "done", "operator"), ("revoke", "guarded", "refused", "operator")]
        post(client, TASKS, "revoke_selected", rows[0])  # nothing else is opened by it
        assert len(told) == 1

    @pytest.mark.django_db(transaction=True)
    def test_operation_is_recorded_with_atomic_requests(
        self,
        staff_client: Callable[..., Client],
        told: list[tuple[list[str], bool]],
        settings: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
        client = staff_client("view_taskresult", *TERMINATE)
        said = post(client, TASKS, "terminate_task", create_task("free", status="STARTED"))
        assert said == ["1 Task was terminated successfully."]
        assert told == [(["free"], True)]
        assert recorded() == [("revoke", "free", "done", "operator")]

    @pytest.mark.parametrize(("permissions", "is_offered"), [((), False), (TERMINATE, True)])
    def test_action_is_offered_only_with_the_permissions(
        self, permissions: tuple[str, ...], is_offered: bool, staff_client: Callable[..., Client]
    ) -> None:
        create_task("free", status="STARTED")
        page = staff_client("view_taskresult", *permissions).get(TASKS).content.decode()
        assert ("Terminate selected tasks" in page) == is_offered

    def test_unreachable_broker_is_reported(
        self,
        staff_client: Callable[..., Client],
        told: list[tuple[list[str], bool]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise OSError("gone")

        monkeypatch.setattr(app.control, "revoke", fail)
        said = post(
            staff_client("view_taskresult", *TERMINATE), TASKS, "terminate_task", create_task("free", "STARTED")
        )
        assert said[0] == "The broker cannot be reached; no worker was told. Try again when it is back."

    def test_finished_task_is_not_terminated(
        self, staff_client: Callable[..., Client], told: list[tuple[list[str], bool]]
    ) -> None:
        said = post(staff_client("view_taskresult", *TERMINATE), TASKS, "terminate_task", create_task("done"))
        assert said == ["The task is SUCCESS: there is nothing left to revoke."]
        assert told == []


class TestDeletion:
    def test_bulk_deletion_records_an_operation_for_each_task(self, staff_client: Callable[..., Client]) -> None:
        rows = [create_failed_task(name) for name in ("a", "b")]
        client = staff_client("view_taskresult", "delete_taskresult")
        post(client, TASKS, "delete_selected", *rows)
        assert recorded() == []  # that was the page which asks whether to
        said = post(client, TASKS, "delete_selected", *rows, post="yes")
        assert said == ["Successfully deleted 2 task results."]
        assert not TaskResult.objects.exists()
        assert not TaskMessage.objects.exists()
        assert recorded() == [("forget", "a", "done", "operator"), ("forget", "b", "done", "operator")]
        assert {json.loads(row.outcome)["status"] for row in Operation.objects.all()} == {"FAILURE"}

    def test_deletion_of_one_task_records_an_operation(self, staff_client: Callable[..., Client]) -> None:
        url = reverse("admin:django_celery_results_taskresult_delete", args=[create_failed_task("a").pk])
        client = staff_client("view_taskresult", "delete_taskresult")
        client.get(url)
        assert recorded() == []
        client.post(url, {"post": "yes"})
        assert not TaskResult.objects.exists()
        assert recorded() == [("forget", "a", "done", "operator")]
        assert Operation.objects.get().remote_address == "127.0.0.1"

    def test_refused_deletions_are_recorded(self, staff_client: Callable[..., Client]) -> None:
        rows = [create_task(name) for name in ("free", "guarded")]
        client = staff_client("view_taskresult", "delete_taskresult")
        assert post(client, TASKS, "delete_selected", *rows, post="yes") == ["403"]
        url = reverse("admin:django_celery_results_taskresult_delete", args=[rows[1].pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
        assert TaskResult.objects.count() == 2
        assert recorded() == [("forget", "guarded", "refused", "operator")] * 2
        assert set(Operation.objects.values_list("error_code", flat=True)) == {"TASK_NOT_ALLOWED"}

    def test_nothing_is_deleted_without_the_permission(self, staff_client: Callable[..., Client]) -> None:
        row = create_task("free")
        client = staff_client("view_taskresult")
        post(client, TASKS, "delete_selected", row, post="yes")
        url = reverse("admin:django_celery_results_taskresult_delete", args=[row.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
        assert TaskResult.objects.exists()
        assert recorded() == [("forget", "free", "refused", "operator")]

    @pytest.mark.parametrize(("url", "action"), [(TASKS, "forget"), (GROUPS, "forget_group")])
    def test_refusals_beyond_those_kept_per_minute_are_counted(
        self, staff_client: Callable[..., Client], settings: Any, monkeypatch: pytest.MonkeyPatch, url: str, action: str
    ) -> None:
        now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: now)
        settings.DJANGO_CELERY_RESULTS = {"REFUSALS_KEPT_PER_MINUTE": 2}
        rows = [create_task(f"t{n}") if url == TASKS else create_group(f"g{n}", []) for n in range(5)]
        client = staff_client("view_taskresult", "view_groupresult")
        assert {client.post(f"{url}{row.pk}/delete/", {"post": "yes"}).status_code for row in rows} == {403}
        kept = Operation.objects.filter(action=action)
        assert [set(json.loads(row.input)) for row in kept] == [{"fingerprint"}] * 2
        assert [json.loads(row.outcome) for row in Operation.objects.filter(action="refusals")] == [{"count": 3}]

    def test_protected_row_stays_while_others_are_deleted(self, staff_client: Callable[..., Client]) -> None:
        def protect(instance: TaskResult, **_: object) -> None:
            if instance.task_id == "held":
                raise ProtectedError("an invoice refers to it", {instance})

        rows = [create_task(name) for name in ("a", "held", "z")]
        pre_delete.connect(protect, sender=TaskResult)
        try:
            said = post(
                staff_client("view_taskresult", "delete_taskresult"), TASKS, "delete_selected", *rows, post="yes"
            )
        finally:
            pre_delete.disconnect(protect, sender=TaskResult)
        assert "Rows of your project refer to this one and protect it: delete them first." in said
        assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["held"]
        assert [state for _, _, state, _ in recorded()] == ["done", "refused", "done"]

    def test_bulk_deletion_takes_a_bounded_number_of_statements(
        self, staff_client: Callable[..., Client], django_assert_max_num_queries: Any
    ) -> None:
        rows = [create_task(f"t{number}") for number in range(150)]
        client = staff_client("view_taskresult", "delete_taskresult")
        with django_assert_max_num_queries(60):
            post(client, TASKS, "delete_selected", *rows, post="yes")
        assert len(recorded()) == 150


class TestGroups:
    def test_deletion_of_groups_records_operations(self, staff_client: Callable[..., Client]) -> None:
        create_task("member")
        rows = [create_group(name, ["member"]) for name in ("g1", "g2", "g3")]
        client = staff_client("view_groupresult", "delete_groupresult")
        post(client, GROUPS, "delete_selected", *rows[:2], post="yes")
        client.post(reverse("admin:django_celery_results_groupresult_delete", args=[rows[2].pk]), {"post": "yes"})
        assert not GroupResult.objects.exists()
        assert TaskResult.objects.exists()
        assert recorded() == [("forget_group", None, "done", "operator")] * 3
        assert {json.loads(row.input)["group_id"] for row in Operation.objects.all()} == {"g1", "g2", "g3"}

    def test_policy_is_asked_for_each_group(
        self, staff_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            RestrictivePolicy, "may", lambda self, viewer, action, task=None: action is not Action.DELETE_GROUP
        )
        row = create_group("g", [])
        client = staff_client("view_groupresult", "delete_groupresult")
        url = reverse("admin:django_celery_results_groupresult_delete", args=[row.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
        post(client, GROUPS, "delete_selected", row, post="yes")
        assert GroupResult.objects.exists()
        assert {(action, state) for action, _, state, _ in recorded()} == {("forget_group", "refused")}
