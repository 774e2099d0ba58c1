"""The admin list of tasks, made for a million rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.sites import AdminSite
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_celery_results import admin
from django_celery_results.models import GroupResult, TaskResult

pytestmark = pytest.mark.django_db
LIST = reverse("admin:django_celery_results_taskresult_changelist")


@pytest.fixture
def tasks(make_task: Callable[..., TaskResult]) -> None:
    for number in range(6):
        make_task(
            f"id-{number}", task_name=f"proj.t{number % 3}", status=("SUCCESS", "FAILURE", "PROGRESS")[number % 3]
        )


def ids(answer: Any) -> set[str]:
    return {task.task_id for task in answer.context["cl"].result_list}


@pytest.mark.usefixtures("tasks")
class TestList:
    def test_neither_distinct_nor_payload_nor_a_whole_count_is_read(self, browse: Callable[..., Client]) -> None:
        client = browse("view_taskresult")
        with patch.object(admin.TaskResultAdmin, "list_per_page", 2), CaptureQueriesContext(connection) as caught:
            assert client.get(LIST).status_code == 200
        statements = [each["sql"] for each in caught if "taskresult" in each["sql"].lower()]
        assert len(statements) == 5  # a count, a page, and one for what each of three filters suggests
        assert not any("DISTINCT" in sql or "traceback" in sql for sql in statements)
        assert [sql for sql in statements if "LIMIT" not in sql and "RECURSIVE" not in sql] == []

    def test_it_filters_by_state(self, browse: Callable[..., Client]) -> None:
        client = browse("view_taskresult")
        assert ids(client.get(LIST, {"status__exact": "FAILURE"})) == {"id-1", "id-4"}
        for known in (50, 2):  # a table with more states than are looked up is read as a whole
            with patch.object(admin.listing, "SUGGESTIONS", known):
                assert ids(client.get(LIST, {"status__exact": "CUSTOM"})) == {"id-2", "id-5"}

    def test_it_filters_by_a_typed_name_and_suggests_known_ones(self, browse: Callable[..., Client]) -> None:
        answer = browse("view_taskresult").get(LIST, {"task_name__exact": "proj.t0", "status__exact": "SUCCESS"})
        assert ids(answer) == {"id-0", "id-3"}
        assert b'<option value="proj.t2">' in answer.content
        assert b'<input type="hidden" name="status__exact" value="SUCCESS">' in answer.content

    @pytest.mark.parametrize("name", ["status__exact", "task_name__exact", "worker__exact"])
    def test_what_no_column_holds_finds_nothing(self, name: str, browse: Callable[..., Client]) -> None:
        assert ids(browse("view_taskresult").get(LIST, {name: "a\0"})) == set()

    def test_it_finds_exact_ids(self, browse: Callable[..., Client]) -> None:
        client = browse("view_taskresult")
        assert ids(client.get(LIST, {"q": "id-4"})) == {"id-4"}
        assert ids(client.get(LIST, {"q": "id-"})) == set()

    def test_the_count_stops_and_says_so(self, browse: Callable[..., Client]) -> None:
        client = browse("view_taskresult", "delete_taskresult")
        with patch.object(admin.listing, "COUNT_UP_TO", 5):
            answer = client.get(LIST)
            assert answer.context["cl"].result_count == 5
            assert b"There are more than 5 rows" in answer.content
            # "All rows" would be more than the page counted.
            data = {"action": "delete_selected", "select_across": "1", "_selected_action": "1", "index": "0"}
            answer = client.post(LIST, data, follow=True)
        assert b"Too many rows are selected" in answer.content
        assert TaskResult.objects.count() == 6

    @pytest.mark.parametrize("lookup", ["result__contains", "task_kwargs__startswith", "traceback__contains"])
    def test_payloads_cannot_be_guessed_by_filters(self, browse: Callable[..., Client], lookup: str) -> None:
        client = browse("view_taskresult", "view_payload", "view_traceback")
        assert client.get(LIST, {lookup: "s"}).status_code == 400

    def test_the_date_of_completion_is_shown_for_finished_tasks_only(self) -> None:
        shown = admin.TaskResultAdmin(TaskResult, AdminSite())
        assert shown.completed(TaskResult.objects.get(task_id="id-0"))
        assert shown.completed(TaskResult.objects.get(task_id="id-2")) is None

    def test_anonymous_and_unprivileged_people_see_nothing(self, client: Client, browse: Callable[..., Client]) -> None:
        assert client.get(LIST).status_code == 302
        assert browse().get(LIST).status_code == 403


class TestTerminate:
    data = {"action": "terminate_task", "index": "0"}

    def post(self, client: Client, task: TaskResult) -> list[str]:
        answer = client.post(LIST, {**self.data, "_selected_action": [str(task.pk)]}, follow=True)
        return [str(message) for message in answer.context["messages"]]

    def test_it_needs_its_permission(self, make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
        task = make_task(status="STARTED")
        with patch.object(admin.celery_app.control, "terminate") as terminate:
            self.post(browse("view_taskresult"), task)
        terminate.assert_not_called()

    def test_it_sends_one_broadcast(self, make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
        task = make_task(status="STARTED")
        with patch.object(admin.celery_app.control, "terminate") as terminate:
            said = self.post(browse("view_taskresult", "terminate_taskresult"), task)
        terminate.assert_called_once_with(["one"])
        assert said == ["1 Task was terminated successfully."]

    @override_settings(DJANGO_CELERY_RESULTS={"VIEWERS_MAY_TERMINATE": True})
    def test_a_setting_lets_viewers_terminate(
        self, make_task: Callable[..., TaskResult], browse: Callable[..., Client]
    ) -> None:
        task = make_task(status="STARTED")
        with patch.object(admin.celery_app.control, "terminate") as terminate:
            self.post(browse("view_taskresult"), task)
        terminate.assert_called_once_with(["one"])

    def test_a_broker_that_is_away_is_told(
        self, make_task: Callable[..., TaskResult], browse: Callable[..., Client]
    ) -> None:
        task = make_task(status="STARTED")
        with patch.object(admin.celery_app.control, "terminate", side_effect=OSError("gone")):
            said = self.post(browse("view_taskresult", "terminate_taskresult"), task)
        assert said == ["Error while terminating tasks: gone"]


def test_projects_unregister_and_subclass() -> None:
    class Own(admin.TaskResultAdmin):
        list_display = ("task_id", "task_args")
        readonly_fields = ("date_created",)
        date_hierarchy = "date_done"
        search_fields = ("task_name", "task_args")

        def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
            return ["task_id", "result"]

    site = AdminSite()
    site.register(TaskResult, admin.TaskResultAdmin)
    site.unregister(TaskResult)
    site.register(TaskResult, Own)
    assert Own(TaskResult, site).check() == []
    assert isinstance(django_admin.site.get_model_admin(TaskResult), admin.TaskResultAdmin)


def test_groups_list_their_tasks(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    task = make_task("member-1")
    group = GroupResult.objects.create(
        group_id="grp",
        content_type="application/json",
        content_encoding="utf-8",
        result='[["grp", null], [[["member-1", null], null], [["inner", null], [[["member-2", null], null]]]]]',
    )
    client = browse("view_taskresult", "view_groupresult", "change_groupresult")
    answer = client.get(reverse("admin:django_celery_results_groupresult_change", args=[group.pk]))
    text = answer.content.decode()
    assert reverse("admin:django_celery_results_taskresult_change", args=[task.pk]) in text
    assert "member-2" in text
    assert "group_id" in answer.context["adminform"].form.fields  # groups stay editable
    assert client.get(reverse("admin:django_celery_results_groupresult_changelist")).status_code == 200
