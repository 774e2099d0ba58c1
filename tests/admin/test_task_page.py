"""The admin page of a task shows what its viewer may see, and changes nothing unless edits are allowed."""

import json
from collections.abc import Callable

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from django_celery_results import admin
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.web_viewer import remember_viewer
from tests.factories import create_group, create_task

pytestmark = pytest.mark.django_db

LIST = reverse("admin:django_celery_results_taskresult_changelist")
ADD = reverse("admin:django_celery_results_taskresult_add")
READ_PERMISSIONS = ("view_taskresult", "view_payload", "view_traceback", "view_groupresult")
STORED = {
    "task_name": "proj.add",
    "task_args": json.dumps("(1, 2)"),
    "task_kwargs": json.dumps("{'password': 'hunter2'}"),
    "result": json.dumps({"total": 3, "token": "sesame"}),
    "meta": json.dumps({"children": []}),
}

StaffClient = Callable[..., Client]


def task_url(task: TaskResult) -> str:
    return reverse("admin:django_celery_results_taskresult_change", args=[task.pk])


def page_text(client: Client, task: TaskResult) -> str:
    return client.get(task_url(task)).content.decode()


class AddTasksPolicy(Policy):
    """A policy that shows one task name."""

    def visible(self, queryset, viewer):  # type: ignore[no-untyped-def]
        return queryset.filter(task_name="proj.add")


def test_json_is_formatted_and_redacted(staff_client: StaffClient) -> None:
    text = page_text(staff_client(*READ_PERMISSIONS), create_task(**STORED))
    assert "&quot;total&quot;: 3" in text
    assert "[redacted]" in text
    assert "hunter2" not in text
    assert "sesame" not in text


def test_payload_and_traceback_are_escaped(staff_client: StaffClient) -> None:
    task = create_task(result='"<script>alert(1)</script>"', traceback="<img src=x>", task_args='"<b>"')
    text = page_text(staff_client(*READ_PERMISSIONS), task)
    assert "<script>alert(1)" not in text
    assert "<img src=x>" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_payload_and_traceback_require_their_permissions(staff_client: StaffClient) -> None:
    task = create_task(**{**STORED, "traceback": "File boom.py", "result": '{"total": 12345}'})
    text = page_text(staff_client("view_taskresult"), task)
    assert "proj.add" in text
    assert "12345" not in text
    assert "(1, 2)" not in text
    assert "boom.py" not in text


def test_traceback_column_requires_its_permission() -> None:
    shown_traceback = site.get_model_admin(TaskResult).shown_traceback  # type: ignore[attr-defined]
    task = create_task(traceback="File boom.py")
    assert shown_traceback(task) == "-"
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    assert "boom.py" in shown_traceback(remember_viewer(task, request))


def test_pickle_is_not_decoded(staff_client: StaffClient) -> None:
    pickled = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
    task = create_task(result="gASVBQAAAAAAAABLAS4=", **pickled)
    text = page_text(staff_client(*READ_PERMISSIONS), task)
    assert "[not shown: application/x-python-serialize]" in text
    assert "gASV" not in text


def test_truncated_arguments_with_a_secret_key_are_redacted(staff_client: StaffClient) -> None:
    task = create_task(task_kwargs="\"{'api_key': 'abc123', ...\"")
    assert "abc123" not in page_text(staff_client(*READ_PERMISSIONS), task)


def test_unquoted_arguments_of_old_rows_are_shown(staff_client: StaffClient) -> None:
    task = create_task(task_args="(<Model: 7>,)")
    assert "(&lt;Model: 7&gt;,)" in page_text(staff_client(*READ_PERMISSIONS), task)


def test_group_root_parent_and_retries_are_linked(staff_client: StaffClient) -> None:
    group = create_group("grp", [])
    original = create_task("original")
    retry = create_task("again", retried_from="original", group_id="grp", root_id="original", parent_id="unknown")
    client = staff_client(*READ_PERMISSIONS)
    text = page_text(client, retry)
    assert f'href="{task_url(original)}"' in text
    assert reverse("admin:django_celery_results_groupresult_change", args=[group.pk]) in text
    assert "unknown" in text
    assert f'href="{task_url(retry)}"' in page_text(client, original)


def test_policy_hides_rows_from_list_page_and_links(staff_client: StaffClient) -> None:
    hidden = create_task("hidden", task_name="other.task")
    visible = create_task("visible", task_name="proj.add", retried_from="hidden")
    with override_settings(DJANGO_CELERY_RESULTS={"POLICY": f"{__name__}.AddTasksPolicy"}):
        client = staff_client(*READ_PERMISSIONS)
        assert task_url(hidden) not in page_text(client, visible)
        assert client.get(task_url(hidden)).status_code == 302
        assert "other.task" not in client.get(LIST).content.decode()


def test_task_page_is_read_only(staff_client: StaffClient) -> None:
    task = create_task()
    client = staff_client(*READ_PERMISSIONS, "change_taskresult")
    assert 'name="_save"' not in page_text(client, task)
    assert client.post(task_url(task), {"status": "FAILURE"}).status_code == 403
    task.refresh_from_db()
    assert task.status == "SUCCESS"


def test_delete_redirects_to_the_list(staff_client: StaffClient) -> None:
    task = create_task()
    url = reverse("admin:django_celery_results_taskresult_delete", args=[task.pk])
    answer = staff_client("view_taskresult", "delete_taskresult").post(url, {"post": "yes"})
    assert answer.url == LIST  # type: ignore[attr-defined]
    assert not TaskResult.objects.exists()


@override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True})
def test_allow_edits_saves_edited_fields_only(staff_client: StaffClient) -> None:
    task = create_task(**STORED)
    client = staff_client(*READ_PERMISSIONS, "change_taskresult")
    form = client.get(task_url(task)).context["adminform"].form
    assert "task_args" in form.fields
    assert "task_kwargs" not in form.fields  # it holds a secret
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    data = {**values, **{f"initial-{name}": value for name, value in values.items()}}
    TaskResult.objects.filter(pk=task.pk).update(worker="written-meanwhile", date_done=task.date_done)
    answer = client.post(task_url(task), {**data, "task_name": "proj.renamed"})
    assert answer.status_code == 302
    stored = TaskResult.objects.get(pk=task.pk)
    assert (stored.task_name, stored.worker, stored.date_done) == ("proj.renamed", "written-meanwhile", task.date_done)
    assert stored.result == task.result


def test_add_page_saves_nothing(staff_client: StaffClient) -> None:
    client = staff_client("view_taskresult", "add_taskresult")
    assert client.get(ADD).status_code == 200
    assert client.post(ADD, {}).status_code == 403
    assert not TaskResult.objects.exists()


@override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True})
def test_allow_edits_adds_fields_to_the_add_page(staff_client: StaffClient) -> None:
    answer = staff_client("view_taskresult", "add_taskresult", "view_payload").get(ADD)
    assert "task_args" in answer.context["adminform"].form.fields


def test_allow_edits_follows_the_setting_at_runtime() -> None:
    assert admin.ALLOW_EDITS is False
    with override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True}):
        assert admin.ALLOW_EDITS is True
