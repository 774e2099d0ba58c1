"""The admin page of one task."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from django_celery_results import admin
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.web_viewer import remember_viewer

pytestmark = pytest.mark.django_db
LIST = "admin:django_celery_results_taskresult_changelist"
ADD = "admin:django_celery_results_taskresult_add"
EVERYTHING = ("view_taskresult", "view_payload", "view_traceback", "view_groupresult")


def page(task: TaskResult) -> str:
    return reverse("admin:django_celery_results_taskresult_change", args=[task.pk])


class OnlyAdd(Policy):
    """A policy that shows one task name."""

    def visible(self, queryset, viewer):  # type: ignore[no-untyped-def]
        return queryset.filter(task_name="proj.add")


def test_json_is_shown_readably_and_without_secrets(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    text = browse(*EVERYTHING).get(page(make_task())).content.decode()
    assert "&quot;total&quot;: 3" in text
    assert "[redacted]" in text
    assert "hunter2" not in text
    assert "sesame" not in text


def test_what_a_task_returns_is_escaped(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    task = make_task(result='"<script>alert(1)</script>"', traceback="<img src=x>", task_args='"<b>"')
    text = browse(*EVERYTHING).get(page(task)).content.decode()
    assert "<script>alert(1)" not in text
    assert "<img src=x>" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_payload_and_traceback_need_their_permissions(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    task = make_task(traceback="File boom.py", result='{"total": 12345}')
    text = browse("view_taskresult").get(page(task)).content.decode()
    assert "proj.add" in text
    assert "12345" not in text
    assert "(1, 2)" not in text
    assert "boom.py" not in text


def test_a_column_of_tracebacks_needs_the_permission_too(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    shown = site.get_model_admin(TaskResult).shown_traceback  # type: ignore[attr-defined]
    task = make_task(traceback="File boom.py")
    assert shown(task) == "-"
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    assert "boom.py" in shown(remember_viewer(task, request))


def test_pickle_is_not_read(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    task = make_task(
        content_type="application/x-python-serialize", content_encoding="binary", result="gASVBQAAAAAAAABLAS4="
    )
    text = browse(*EVERYTHING).get(page(task)).content.decode()
    assert "[not shown: application/x-python-serialize]" in text
    assert "gASV" not in text


def test_arguments_cut_in_the_middle_hide_everything_where_a_secret_is_named(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    text = browse(*EVERYTHING).get(page(make_task(task_kwargs="\"{'api_key': 'abc123', ...\""))).content.decode()
    assert "abc123" not in text


def test_bare_representations_of_the_oldest_rows_are_shown(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    text = browse(*EVERYTHING).get(page(make_task(task_args="(<Model: 7>,)"))).content.decode()
    assert "(&lt;Model: 7&gt;,)" in text


def test_group_root_parent_and_retries_are_linked(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    group = GroupResult.objects.create(group_id="grp", content_type="application/json", content_encoding="utf-8")
    original = make_task("original")
    task = make_task("again", retried_from="original", group_id="grp", root_id="original", parent_id="unknown-parent")
    client = browse(*EVERYTHING)
    text = client.get(page(task)).content.decode()
    assert f'href="{page(original)}"' in text
    assert reverse("admin:django_celery_results_groupresult_change", args=[group.pk]) in text
    assert "unknown-parent" in text
    assert f'href="{page(task)}"' in client.get(page(original)).content.decode()


def test_links_lead_to_visible_rows_only(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    hidden = make_task("hidden", task_name="other.task")
    task = make_task("shown", retried_from="hidden")
    with override_settings(DJANGO_CELERY_RESULTS={"POLICY": f"{__name__}.OnlyAdd"}):
        client = browse(*EVERYTHING)
        assert page(hidden) not in client.get(page(task)).content.decode()
        assert client.get(page(hidden)).status_code == 302
        assert "other.task" not in client.get(reverse(LIST)).content.decode()


def test_a_task_is_read_only(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    task = make_task()
    client = browse(*EVERYTHING, "change_taskresult")
    assert b'name="_save"' not in client.get(page(task)).content
    assert client.post(page(task), {"status": "FAILURE"}).status_code == 403
    task.refresh_from_db()
    assert task.status == "SUCCESS"


def test_deleting_leads_back_to_the_list(make_task: Callable[..., TaskResult], browse: Callable[..., Client]) -> None:
    task = make_task("t")
    page = reverse("admin:django_celery_results_taskresult_delete", args=[task.pk])
    answer = browse("view_taskresult", "delete_taskresult").post(page, {"post": "yes"})
    assert answer.url == reverse("admin:django_celery_results_taskresult_changelist")  # type: ignore[attr-defined]
    assert not TaskResult.objects.exists()


@override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True})
def test_with_allow_edits_only_what_was_edited_is_saved(
    make_task: Callable[..., TaskResult], browse: Callable[..., Client]
) -> None:
    assert admin.ALLOW_EDITS is True
    task = make_task()
    client = browse(*EVERYTHING, "change_taskresult")
    form = client.get(page(task)).context["adminform"].form
    assert "task_args" in form.fields
    assert "task_kwargs" not in form.fields  # it holds a secret
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    data = {**values, **{f"initial-{name}": value for name, value in values.items()}}
    TaskResult.objects.filter(pk=task.pk).update(worker="written-meanwhile", date_done=task.date_done)
    answer = client.post(page(task), {**data, "task_name": "proj.renamed"})
    assert answer.status_code == 302
    stored = TaskResult.objects.get(pk=task.pk)
    assert (stored.task_name, stored.worker, stored.date_done) == ("proj.renamed", "written-meanwhile", task.date_done)
    assert stored.result == task.result


def test_the_add_page_answers_and_saves_nothing(browse: Callable[..., Client]) -> None:
    client = browse("view_taskresult", "add_taskresult")
    assert client.get(reverse(ADD)).status_code == 200
    assert client.post(reverse(ADD), {}).status_code == 403
    assert not TaskResult.objects.exists()


@override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True})
def test_with_allow_edits_the_add_page_has_fields(browse: Callable[..., Client]) -> None:
    answer = browse("view_taskresult", "add_taskresult", "view_payload").get(reverse(ADD))
    assert "task_args" in answer.context["adminform"].form.fields


def test_allow_edits_is_read_late() -> None:
    assert admin.ALLOW_EDITS is False
    with override_settings(DJANGO_CELERY_RESULTS={"ALLOW_EDITS": True}):
        assert admin.ALLOW_EDITS is True
