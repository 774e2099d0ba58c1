"""The admin lists tasks with few queries, filters them, and terminates them."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.sites import AdminSite
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_celery_results import admin
from django_celery_results.models import GroupResult, TaskResult
from tests.factories import create_group, create_task

pytestmark = pytest.mark.django_db

LIST = reverse("admin:django_celery_results_taskresult_changelist")

StaffClient = Callable[..., Client]


@pytest.fixture
def tasks(db: None) -> None:
    """Six tasks: each of three names with one state of its own."""
    states = ("SUCCESS", "FAILURE", "PROGRESS")
    for number in range(6):
        create_task(f"id-{number}", task_name=f"proj.t{number % 3}", status=states[number % 3])


def listed_ids(answer: Any) -> set[str]:
    return {task.task_id for task in answer.context["cl"].result_list}


@pytest.mark.usefixtures("tasks")
class TestList:
    def test_list_reads_no_payload_no_distinct_and_no_full_count(self, staff_client: StaffClient) -> None:
        client = staff_client("view_taskresult")
        with patch.object(admin.TaskResultAdmin, "list_per_page", 2), CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        statements = [query["sql"] for query in queries if "taskresult" in query["sql"].lower()]
        assert len(statements) == 5  # a count, a page, and one for what each of three filters suggests
        assert not any("DISTINCT" in sql or "traceback" in sql for sql in statements)
        assert [sql for sql in statements if "LIMIT" not in sql and "RECURSIVE" not in sql] == []

    def test_state_filter_selects_known_and_custom_states(self, staff_client: StaffClient) -> None:
        client = staff_client("view_taskresult")
        assert listed_ids(client.get(LIST, {"status__exact": "FAILURE"})) == {"id-1", "id-4"}
        for suggestions in (50, 2):  # a table with more states than are looked up is read as a whole
            with patch.object(admin.listing, "SUGGESTIONS", suggestions):
                assert listed_ids(client.get(LIST, {"status__exact": "CUSTOM"})) == {"id-2", "id-5"}

    def test_name_filter_selects_a_name_and_suggests_others(self, staff_client: StaffClient) -> None:
        filters = {"task_name__exact": "proj.t0", "status__exact": "SUCCESS"}
        answer = staff_client("view_taskresult").get(LIST, filters)
        assert listed_ids(answer) == {"id-0", "id-3"}
        assert b'<option value="proj.t2">' in answer.content
        assert b'<input type="hidden" name="status__exact" value="SUCCESS">' in answer.content

    @pytest.mark.parametrize("lookup", ["status__exact", "task_name__exact", "worker__exact"])
    def test_filter_with_a_null_character_selects_nothing(self, lookup: str, staff_client: StaffClient) -> None:
        assert listed_ids(staff_client("view_taskresult").get(LIST, {lookup: "a\0"})) == set()

    def test_search_finds_exact_ids_only(self, staff_client: StaffClient) -> None:
        client = staff_client("view_taskresult")
        assert listed_ids(client.get(LIST, {"q": "id-4"})) == {"id-4"}
        assert listed_ids(client.get(LIST, {"q": "id-"})) == set()

    def test_count_is_limited_and_actions_on_all_rows_are_refused(self, staff_client: StaffClient) -> None:
        client = staff_client("view_taskresult", "delete_taskresult")
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
    def test_lookups_on_payloads_are_refused(self, staff_client: StaffClient, lookup: str) -> None:
        client = staff_client("view_taskresult", "view_payload", "view_traceback")
        assert client.get(LIST, {lookup: "s"}).status_code == 400

    def test_completion_date_is_shown_for_finished_tasks_only(self) -> None:
        task_admin = admin.TaskResultAdmin(TaskResult, AdminSite())
        assert task_admin.completed(TaskResult.objects.get(task_id="id-0"))
        assert task_admin.completed(TaskResult.objects.get(task_id="id-2")) is None

    def test_anonymous_and_unprivileged_users_are_refused(self, client: Client, staff_client: StaffClient) -> None:
        assert client.get(LIST).status_code == 302
        assert staff_client().get(LIST).status_code == 403


def test_admin_can_be_unregistered_and_subclassed() -> None:
    class ProjectAdmin(admin.TaskResultAdmin):
        list_display = ("task_id", "task_args")
        readonly_fields = ("date_created",)
        date_hierarchy = "date_done"
        search_fields = ("task_name", "task_args")

        def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
            return ["task_id", "result"]

    site = AdminSite()
    site.register(TaskResult, admin.TaskResultAdmin)
    site.unregister(TaskResult)
    site.register(TaskResult, ProjectAdmin)
    assert ProjectAdmin(TaskResult, site).check() == []
    assert isinstance(django_admin.site.get_model_admin(TaskResult), admin.TaskResultAdmin)


def test_group_page_shows_no_states_of_tasks_without_the_permission_to_view_them(staff_client: StaffClient) -> None:
    create_task("member-1", status="PROGRESS")
    url = reverse("admin:django_celery_results_groupresult_change", args=[create_group("grp", ["member-1"]).pk])
    page = staff_client("view_groupresult").get(url).content.decode()
    assert "member-1" in page
    assert "PROGRESS" not in page


@pytest.mark.parametrize("allows", [False, True])
def test_group_is_edited_only_where_edits_are_allowed(staff_client: StaffClient, settings: Any, allows: bool) -> None:
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_EDITS": allows}
    group = create_group("grp", [])
    client = staff_client("view_groupresult", "change_groupresult", "add_groupresult")
    url = reverse("admin:django_celery_results_groupresult_change", args=[group.pk])
    form = {"group_id": "other", "content_type": "application/json", "content_encoding": "utf-8"}
    assert client.post(url, form).status_code == (302 if allows else 403)
    added = {**form, "group_id": "new"}
    assert client.post(reverse("admin:django_celery_results_groupresult_add"), added).status_code == (
        302 if allows else 403
    )
    assert set(GroupResult.objects.values_list("group_id", flat=True)) == ({"other", "new"} if allows else {"grp"})


def test_group_page_links_its_tasks(staff_client: StaffClient) -> None:
    task = create_task("member-1")
    group = create_group("grp", [])
    group.result = '[["grp", null], [[["member-1", null], null], [["inner", null], [[["member-2", null], null]]]]]'
    group.save()
    client = staff_client("view_taskresult", "view_groupresult", "change_groupresult")
    answer = client.get(reverse("admin:django_celery_results_groupresult_change", args=[group.pk]))
    text = answer.content.decode()
    assert reverse("admin:django_celery_results_taskresult_change", args=[task.pk]) in text
    assert "member-2" in text
    assert client.get(reverse("admin:django_celery_results_groupresult_changelist")).status_code == 200
