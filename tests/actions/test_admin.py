"""The admin shows what a retry would send before it sends it, to those who may."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import states
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from django_celery_results.actions import bulk, control
from django_celery_results.models import Operation, TaskResult
from tests.celery_app import app
from tests.factories import create_failed_task
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db
CHANGELIST = reverse("admin:django_celery_results_taskresult_changelist")


@pytest.fixture(autouse=True)
def broker() -> Any:
    with publishing_to("memory://admin"):
        yield


@pytest.fixture
def staff(client: Client) -> Callable[..., Client]:
    def login(*codenames: str) -> Client:
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=("view_taskresult", *codenames)))
        client.force_login(user)
        return client

    return login


def ask(client: Client, action: str, *tasks: TaskResult) -> Any:
    return client.post(CHANGELIST, {"action": action, "_selected_action": [task.pk for task in tasks]})


def test_the_page_shows_what_would_be_sent_and_sends_nothing(staff: Callable[..., Client], sent: list[str]) -> None:
    page = ask(
        staff("retry_taskresult", "view_payload"),
        "retry_selected",
        create_failed_task("f", "<b>", {"password": "x1y2"}),
    )
    text = page.content.decode()
    assert "&lt;b&gt;" in text
    assert "[redacted]" in text
    assert "x1y2" not in text
    assert sent == []


def test_without_the_permission_for_payloads_arguments_are_not_shown(staff: Callable[..., Client]) -> None:
    page = ask(staff("retry_taskresult"), "retry_selected", create_failed_task("f", "private"))
    assert page.status_code == 200
    assert "private" not in page.content.decode()


def test_the_page_says_of_a_task_that_would_be_refused_why(staff: Callable[..., Client]) -> None:
    text = ask(staff("retry_taskresult"), "retry_selected", create_failed_task(task_name="gone")).content.decode()
    assert "knows no task named &#x27;gone&#x27;" in text
    assert "It is sent again." not in text


@pytest.mark.parametrize("ids", ["", "x", "9" * 30, "9" * 5_000])
def test_what_is_no_key_is_about_no_task(ids: str, staff: Callable[..., Client], sent: list[str]) -> None:
    url = reverse("admin:django_celery_results_act", args=["retry"])
    assert staff("retry_taskresult").post(url, {"ids": ids}).status_code == 302
    assert sent == []


def test_what_remains_is_counted_in_the_users_language(
    staff: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "SECONDS", 0.0)
    client = staff("retry_taskresult")
    url = reverse("admin:django_celery_results_act", args=["retry"])
    keys = [str(create_failed_task(name).pk) for name in "ab"]
    said = []
    for ids, language in ((keys[:1], "en"), (keys, "en"), (keys[:1], "es")):
        with translation.override(language):
            answer = client.post(url, {"ids": ",".join(ids)}, follow=True)
        said += [str(message) for message in answer.context["messages"]]
    assert said == [
        "1 task remains: select it again.",
        "2 tasks remain: select them again.",
        "Queda 1 tarea: selecciónela de nuevo.",
    ]


def test_the_form_sends_even_where_requests_are_atomic(
    staff: Callable[..., Client], sent: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    client = staff("retry_taskresult")
    page = ask(client, "retry_selected", create_failed_task())
    form = {name: page.context[name] for name in ("ids", "key")} | {"reason": "fixed", "scope": "ALONE"}
    for _ in range(2):  # a double click
        answer = client.post(page.context["act_url"], form, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["1 task done."]
    assert len(sent) == 1
    assert TaskResult.objects.get(task_id=sent[0]).retried_from == "failed"
    assert Operation.objects.filter(action="retry", reason="fixed", actor_name="staff").count() == 1


def test_revoking_says_what_came_of_it(staff: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    control.forget()
    monkeypatch.setattr(app.control, "revoke", lambda ids, **_: [{"worker@a": {"ok": "flagged"}}])
    client = staff("revoke_taskresult")
    waiting = TaskResult.objects.create(task_id="waiting")
    page = ask(client, "revoke_selected", waiting)
    assert "terminate" not in page.content.decode()
    client.post(page.context["act_url"], {name: page.context[name] for name in ("ids", "key")})
    waiting.refresh_from_db()
    assert waiting.status == states.REVOKED


@pytest.mark.parametrize("verb", ["retry", "revoke"])
def test_without_the_permission_nothing_happens(verb: str, staff: Callable[..., Client], sent: list[str]) -> None:
    client = staff()
    task = create_failed_task()
    ask(client, f"{verb}_selected", task)
    url = reverse("admin:django_celery_results_act", args=[verb])
    answer = client.post(url, {"ids": str(task.pk)}, follow=True)
    assert [f"This needs the permission django_celery_results.{verb}_taskresult."] == [
        str(message) for message in answer.context["messages"]
    ]
    assert client.get(url).status_code == 405
    assert sent == []
