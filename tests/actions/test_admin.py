"""Retry and revoke in the admin: a confirmation page that sends nothing, and the form that acts."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import states
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from django_celery_results.actions import bulk
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.models import Operation, TaskResult
from tests.factories import create_failed_task, create_task

pytestmark = pytest.mark.django_db
CHANGELIST = reverse("admin:django_celery_results_taskresult_changelist")
ACT_ON_RETRY = reverse("admin:django_celery_results_act", args=["retry"])


@pytest.fixture
def staff(client: Client) -> Callable[..., Client]:
    """Log a member of staff in who may view tasks, and has these permissions besides."""

    def login(*codenames: str) -> Client:
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=("view_taskresult", *codenames)))
        client.force_login(user)
        return client

    return login


def open_confirmation(client: Client, action: str, *tasks: TaskResult) -> Any:
    """Choose an admin action for these tasks in the changelist; return the page that asks for confirmation."""
    return client.post(CHANGELIST, {"action": action, "_selected_action": [task.pk for task in tasks]})


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_confirmation_escapes_and_redacts_arguments_and_sends_nothing(
    staff: Callable[..., Client], sent: list[str]
) -> None:
    task = create_failed_task("f", "<b>", {"password": "x1y2"})
    page = open_confirmation(staff("retry_taskresult", "view_payload"), "retry_selected", task)
    text = page.content.decode()
    assert "&lt;b&gt;" in text
    assert "[redacted]" in text
    assert "x1y2" not in text
    assert sent == []


def test_confirmation_hides_arguments_without_the_payload_permission(staff: Callable[..., Client]) -> None:
    page = open_confirmation(staff("retry_taskresult"), "retry_selected", create_failed_task("f", "private"))
    (row,) = page.context["tasks"]
    assert (row.item.task_id, row.item.refusal, row.preview.args) == ("f", None, None)
    assert "private" not in page.content.decode()


def test_confirmation_shows_why_a_task_would_be_refused(staff: Callable[..., Client]) -> None:
    page = open_confirmation(staff("retry_taskresult"), "retry_selected", create_failed_task(task_name="gone"))
    (row,) = page.context["tasks"]
    assert (row.item.refusal.code, row.preview) == (ErrorCode.TASK_NOT_REGISTERED, None)
    assert "&#x27;gone&#x27;" in page.content.decode()


@pytest.mark.parametrize("ids", ["", "x", "9" * 30, "9" * 5_000])
def test_form_ignores_ids_that_are_no_primary_keys(ids: str, staff: Callable[..., Client], sent: list[str]) -> None:
    create_failed_task()
    assert staff("retry_taskresult").post(ACT_ON_RETRY, {"ids": ids}).status_code == 302
    assert sent == []


def test_message_counts_remaining_tasks_in_the_language_of_the_user(
    staff: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "SECONDS", 0.0)
    client = staff("retry_taskresult")
    keys = [str(create_failed_task(name).pk) for name in "ab"]
    messages = []
    for ids, language in ((keys[:1], "en"), (keys, "en"), (keys[:1], "es")):
        with translation.override(language):
            messages += messages_of(client.post(ACT_ON_RETRY, {"ids": ",".join(ids)}, follow=True))
    assert [message.partition(":")[0] for message in messages] == ["1 task remains", "2 tasks remain", "Queda 1 tarea"]


def test_form_retries_once_per_key_even_with_atomic_requests(
    staff: Callable[..., Client], sent: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    client = staff("retry_taskresult")
    page = open_confirmation(client, "retry_selected", create_failed_task())
    form = {name: page.context[name] for name in ("ids", "key")} | {"reason": "fixed", "scope": "ALONE"}
    for _ in range(2):  # a double click
        response = client.post(page.context["act_url"], form, follow=True)
    assert messages_of(response) == ["1 task done."]
    assert len(sent) == 1
    assert TaskResult.objects.get(task_id=sent[0]).retried_from == "failed"
    assert Operation.objects.filter(action="retry", reason="fixed", actor_name="staff").count() == 1


def test_form_revokes_a_waiting_task(staff: Callable[..., Client], acknowledged_broadcasts: list[list[str]]) -> None:
    client = staff("revoke_taskresult")
    waiting = create_task("waiting", states.PENDING)
    page = open_confirmation(client, "revoke_selected", waiting)
    assert not page.context["may_terminate"]
    assert acknowledged_broadcasts == []

    client.post(page.context["act_url"], {name: page.context[name] for name in ("ids", "key")})

    waiting.refresh_from_db()
    assert (waiting.status, acknowledged_broadcasts) == (states.REVOKED, [["waiting"]])


@pytest.mark.parametrize("action", ["retry", "revoke"])
def test_form_needs_the_permission_and_a_post(
    action: str, staff: Callable[..., Client], sent: list[str], acknowledged_broadcasts: list[list[str]]
) -> None:
    client = staff()
    task = create_failed_task(status=states.PENDING)
    open_confirmation(client, f"{action}_selected", task)
    url = reverse("admin:django_celery_results_act", args=[action])
    (message,) = messages_of(client.post(url, {"ids": str(task.pk)}, follow=True))
    assert f"django_celery_results.{action}_taskresult" in message
    assert client.get(url).status_code == 405
    assert (sent, acknowledged_broadcasts) == ([], [])
