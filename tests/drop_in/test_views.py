"""The JSON views: shapes and URLs as before, answers only to those who may see them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, time
from typing import Any

import pytest
from celery.app.task import Context
from celery.result import AsyncResult
from celery.result import GroupResult as CeleryGroupResult
from django.contrib.auth.models import Permission, User
from django.db import models
from django.test import Client, RequestFactory, override_settings
from django.test.utils import isolate_apps
from django.urls import reverse
from django.urls.converters import REGISTERED_CONVERTERS

from django_celery_results import views
from django_celery_results.backends import CacheBackend
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Policy
from tests.celery_app import app

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drop_in.polling_urls")]


class OnlySuccesses(Policy):
    """A policy that shows some rows."""

    def visible(self, queryset, viewer):  # type: ignore[no-untyped-def]
        return queryset.filter(status="SUCCESS")


@pytest.fixture
def rows() -> None:
    backend = app.backend
    backend.store_result("ok", {"a": 1, "token": "sesame"}, "SUCCESS")
    backend.store_result("bad", ValueError("no", 2), "FAILURE", traceback="boom.py")
    backend.store_result("progress", {"current": 1}, "PROGRESS")
    CeleryGroupResult("grp", [AsyncResult(each, app=app) for each in ("ok", "bad", "none")], app=app).save()


@pytest.fixture
def open_views() -> Iterator[None]:
    with override_settings(DJANGO_CELERY_RESULTS={"OPEN_VIEWS": True}):
        yield


def get(client: Client, name: str, id_: str) -> Any:
    key = "group_id" if "group" in name else "task_id"
    return client.get(reverse(f"celery-{name}", kwargs={key: id_}))


@pytest.mark.usefixtures("rows", "open_views")
class TestShapes:
    @pytest.mark.parametrize(
        ("task_id", "executed", "status"),
        [
            ("ok", True, {"status": "SUCCESS", "result": {"a": 1, "token": "[redacted]"}}),
            ("progress", False, {"status": "PROGRESS", "result": {"current": 1}}),
            ("unknown", False, {"status": "PENDING", "result": None}),
            (
                "bad",
                False,
                {"status": "FAILURE", "result": "ValueError('no', 2)", "exc": "builtins.ValueError",
                 "traceback": "boom.py"},
            ),
        ],
    )  # fmt: skip
    def test_of_tasks(self, client: Client, task_id: str, executed: bool, status: dict[str, Any]) -> None:
        done = get(client, "is_task_successful", task_id)
        assert done.json() == {"task": {"id": task_id, "executed": executed}}
        assert get(client, "task_status", task_id).json() == {"task": {"id": task_id, **status}}

    def test_of_groups(self, client: Client) -> None:
        executed = {"ok": True, "bad": False, "none": False}
        assert get(client, "is_group_successful", "grp").json() == {
            "group": {"id": "grp", "results": [{"id": key, "executed": value} for key, value in executed.items()]}
        }
        states = [each["status"] for each in get(client, "group_status", "grp").json()["group"]["results"]]
        assert states == ["SUCCESS", "FAILURE", "PENDING"]

    def test_of_unknown_groups(self, client: Client) -> None:
        for name in ("group_status", "is_group_successful"):
            assert get(client, name, "unknown").json() == {"group": {"id": "unknown", "results": []}}

    def test_of_a_pickled_result_that_is_not_read(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(
            content_type="application/x-python-serialize", content_encoding="binary", result="gASVBQAAAAAAAABLAS4="
        )
        assert get(client, "task_status", "ok").json() == {"task": {"id": "ok", "status": "SUCCESS", "result": None}}

    def test_of_dates(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(
            result='{"__type__": "datetime", "__value__": "2026-01-02T03:04:05"}'
        )
        assert get(client, "task_status", "ok").json()["task"]["result"] == "2026-01-02T03:04:05"

    def test_of_a_time_with_a_zone_which_json_has_no_word_for(self, client: Client) -> None:
        app.backend.store_result("zoned", time(3, 4, tzinfo=UTC), "SUCCESS")
        result = get(client, "task_status", "zoned").json()["task"]["result"]
        assert result == "datetime.time(3, 4, tzinfo=datetime.timezone.utc)"

    def test_of_a_row_that_does_not_say_how_it_is_encoded(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(result='{"a": 1}', content_type="", content_encoding="")
        assert get(client, "task_status", "ok").json()["task"]["result"] == {"a": 1}

    def test_of_what_only_looks_like_a_date(self, client: Client) -> None:
        value = {"__type__": "nothing-known", "__value__": 1}
        TaskResult.objects.filter(task_id="ok").update(result=json.dumps(value))
        assert get(client, "task_status", "ok").json()["task"]["result"] == value

    def test_a_group_costs_a_constant_number_of_queries(self, client: Client, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):
            get(client, "group_status", "grp")

    def test_any_method_is_answered(self, client: Client) -> None:
        assert client.post(reverse("celery-task_status", kwargs={"task_id": "ok"})).status_code == 200

    def test_a_view_of_the_project_may_call_it(self, rf: RequestFactory) -> None:
        assert json.loads(views.task_status(rf.get("/"), "ok").content)["task"]["status"] == "SUCCESS"


@pytest.mark.usefixtures("rows")
class TestAccess:
    def test_without_middleware_for_users_everybody_is_a_stranger(self, rf: RequestFactory) -> None:
        assert views.task_status(rf.get("/"), task_id="ok").status_code == 401

    def login(self, client: Client, *codenames: str) -> None:
        user = User.objects.create_user("reader")
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)

    @pytest.mark.parametrize("name", ["task_status", "is_task_successful", "group_status", "is_group_successful"])
    def test_strangers_are_refused(self, client: Client, name: str) -> None:
        answer = get(client, name, "ok")
        assert answer.status_code == 401
        assert set(answer.json()) == {"error"}
        self.login(client)
        assert get(client, name, "ok").status_code == 403

    def test_payload_and_traceback_need_their_permissions(self, client: Client) -> None:
        self.login(client, "view_taskresult")
        assert get(client, "task_status", "ok").json()["task"] == {"id": "ok", "status": "SUCCESS", "result": None}
        bad = get(client, "task_status", "bad").json()["task"]
        assert (bad["result"], bad["traceback"], bad["exc"]) == (None, None, "builtins.ValueError")

    def test_with_them_the_answer_is_whole(self, client: Client) -> None:
        self.login(client, "view_taskresult", "view_payload", "view_traceback")
        bad = get(client, "task_status", "bad").json()["task"]
        assert (bad["result"], bad["traceback"]) == ("ValueError('no', 2)", "boom.py")

    @override_settings(DJANGO_CELERY_RESULTS={"POLICY": f"{__name__}.OnlySuccesses"})
    def test_rows_that_are_not_visible_are_unknown(self, client: Client) -> None:
        self.login(client, "view_taskresult", "view_groupresult")
        assert get(client, "task_status", "bad").json()["task"]["status"] == "PENDING"
        states = [each["status"] for each in get(client, "group_status", "grp").json()["group"]["results"]]
        assert states == ["SUCCESS", "PENDING", "PENDING"]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> CacheBackend:
    """Results are kept in another backend, which has no rows."""
    backend = CacheBackend(app=app)
    monkeypatch.setattr(type(app), "backend", property(lambda _: backend))
    return backend


def test_tasks_kept_elsewhere_are_redacted_by_name_too(client: Client, elsewhere: CacheBackend) -> None:
    request = Context(id="charged", task="shop.charge", args=[], kwargs={}, delivery_info={})
    elsewhere.store_result("charged", {"card": 4111}, "SUCCESS", request=request)
    with override_settings(DJANGO_CELERY_RESULTS={"OPEN_VIEWS": True, "REDACT_TASKS": ["shop.*"]}):
        assert get(client, "task_status", "charged").json()["task"]["result"] == "[redacted]"


@pytest.mark.usefixtures("open_views")
def test_another_result_backend_is_asked_itself(client: Client, elsewhere: CacheBackend) -> None:
    elsewhere.store_result("cached", [1, 2], "SUCCESS")
    elsewhere.store_result("broken", KeyError("x"), "FAILURE")
    CeleryGroupResult("cached-group", [AsyncResult("cached", app=app)], app=app).save(backend=elsewhere)
    assert get(client, "task_status", "cached").json()["task"]["result"] == [1, 2]
    assert get(client, "task_status", "broken").json()["task"]["exc"] == "builtins.KeyError"
    results = get(client, "group_status", "cached-group").json()["group"]["results"]
    assert results == [{"result": [1, 2], "status": "SUCCESS"}]
    assert not TaskResult.objects.exists()
    assert not GroupResult.objects.exists()


@pytest.mark.usefixtures("rows", "open_views")
@isolate_apps("django_celery_results")
def test_groups_are_looked_for_where_the_backend_saves_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class NotOurs(models.Manager[GroupResult]):
        def get_queryset(self) -> models.QuerySet[GroupResult]:
            return super().get_queryset().exclude(group_id="ours")

    class Saved(GroupResult):
        objects = NotOurs()

        class Meta:
            proxy = True
            app_label = "django_celery_results"

    GroupResult.objects.create(group_id="ours", result='[["ours", null], [[["ok", null], null]]]')
    assert get(client, "group_status", "ours").json()["group"]["results"]
    monkeypatch.setattr(app.backend, "GroupModel", Saved)
    assert get(client, "group_status", "grp").json()["group"]["results"]
    assert not get(client, "group_status", "ours").json()["group"]["results"]


def test_reverse_gives_the_id_first_form() -> None:
    assert reverse("celery-task_status", kwargs={"task_id": "a.b-1"}) == "/results/a.b-1/status/"
    assert reverse("celery-group_status", kwargs={"group_id": "g"}) == "/results/g/group/status/"


def test_a_setting_ends_the_id_first_form(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(DJANGO_CELERY_RESULTS_ID_FIRST_URLS=False):
        import django_celery_results.urls as urls

        monkeypatch.delitem(REGISTERED_CONVERTERS, "task_pattern")
        assert len(importlib.reload(urls).urlpatterns) == 4
    monkeypatch.delitem(REGISTERED_CONVERTERS, "task_pattern")
    with pytest.warns(DeprecationWarning, match="ID_FIRST_URLS"):
        assert len(importlib.reload(urls).urlpatterns) == 8
