"""The JSON views answer in the shapes and at the URLs of 2.x, and only to users who may see the rows."""

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, time
from typing import Any

import pytest
from celery.app.task import Context
from celery.result import AsyncResult
from celery.result import GroupResult as CeleryGroupResult
from celery.utils import uuid
from django.db import models
from django.test import Client, RequestFactory, override_settings
from django.test.utils import isolate_apps
from django.urls import reverse
from django.urls.converters import REGISTERED_CONVERTERS

from django_celery_results import views
from django_celery_results.backends import CacheBackend
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query import values
from tests.celery_app import app

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.urls("tests.drop_in.view_urls")]

LogIn = Callable[..., None]


class OnlySuccesses(Policy):
    """A policy that shows successful tasks only."""

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
def log_in(client: Client, viewer_with: Callable[..., Viewer]) -> LogIn:
    """Log the client in as a user who has exactly these permissions."""
    return lambda *permissions: client.force_login(viewer_with(*permissions).user)


@pytest.fixture
def open_views() -> Iterator[None]:
    with override_settings(DJANGO_CELERY_RESULTS={"OPEN_VIEWS": True}):
        yield


def get(client: Client, name: str, id_: str) -> Any:
    key = "group_id" if "group" in name else "task_id"
    return client.get(reverse(f"celery-{name}", kwargs={key: id_}))


@pytest.mark.usefixtures("rows", "open_views")
class TestResponses:
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
    def test_task_views_return_state_and_result(
        self, client: Client, task_id: str, executed: bool, status: dict[str, Any]
    ) -> None:
        done = get(client, "is_task_successful", task_id)
        assert done.json() == {"task": {"id": task_id, "executed": executed}}
        assert get(client, "task_status", task_id).json() == {"task": {"id": task_id, **status}}

    def test_group_views_return_each_member(self, client: Client) -> None:
        executed = {"ok": True, "bad": False, "none": False}
        assert get(client, "is_group_successful", "grp").json() == {
            "group": {"id": "grp", "results": [{"id": key, "executed": value} for key, value in executed.items()]}
        }
        states = [each["status"] for each in get(client, "group_status", "grp").json()["group"]["results"]]
        assert states == ["SUCCESS", "FAILURE", "PENDING"]

    def test_unknown_group_is_empty(self, client: Client) -> None:
        for name in ("group_status", "is_group_successful"):
            assert get(client, name, "unknown").json() == {"group": {"id": "unknown", "results": []}}

    def test_pickled_result_is_null(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(
            content_type="application/x-python-serialize", content_encoding="binary", result="gASVBQAAAAAAAABLAS4="
        )
        assert get(client, "task_status", "ok").json() == {"task": {"id": "ok", "status": "SUCCESS", "result": None}}

    def test_encoded_date_is_returned_as_text(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(
            result='{"__type__": "datetime", "__value__": "2026-01-02T03:04:05"}'
        )
        assert get(client, "task_status", "ok").json()["task"]["result"] == "2026-01-02T03:04:05"

    def test_value_without_json_form_is_returned_as_repr(self, client: Client) -> None:
        app.backend.store_result("zoned", time(3, 4, tzinfo=UTC), "SUCCESS")
        result = get(client, "task_status", "zoned").json()["task"]["result"]
        assert result == "datetime.time(3, 4, tzinfo=datetime.timezone.utc)"

    def test_row_without_content_type_is_read_as_json(self, client: Client) -> None:
        TaskResult.objects.filter(task_id="ok").update(result='{"a": 1}', content_type="", content_encoding="")
        assert get(client, "task_status", "ok").json()["task"]["result"] == {"a": 1}

    def test_unknown_type_marker_is_returned_as_stored(self, client: Client) -> None:
        value = {"__type__": "nothing-known", "__value__": 1}
        TaskResult.objects.filter(task_id="ok").update(result=json.dumps(value))
        assert get(client, "task_status", "ok").json()["task"]["result"] == value

    def test_group_view_costs_two_queries(self, client: Client, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):
            get(client, "group_status", "grp")

    def test_post_is_answered(self, client: Client) -> None:
        assert client.post(reverse("celery-task_status", kwargs={"task_id": "ok"})).status_code == 200

    def test_view_accepts_the_id_as_positional_argument(self, rf: RequestFactory) -> None:
        assert json.loads(views.task_status(rf.get("/"), "ok").content)["task"]["status"] == "SUCCESS"


@pytest.mark.usefixtures("rows")
class TestAccess:
    def test_request_without_user_is_refused(self, rf: RequestFactory) -> None:
        assert views.task_status(rf.get("/"), task_id="ok").status_code == 401

    @pytest.mark.parametrize("name", ["task_status", "is_task_successful", "group_status", "is_group_successful"])
    def test_anonymous_gets_401_and_unprivileged_user_403(self, client: Client, log_in: LogIn, name: str) -> None:
        answer = get(client, name, "ok")
        assert answer.status_code == 401
        assert set(answer.json()) == {"error"}
        log_in()
        assert get(client, name, "ok").status_code == 403

    @pytest.mark.parametrize("name", ["group_status", "is_group_successful"])
    def test_group_views_need_both_permissions_to_view(self, client: Client, log_in: LogIn, name: str) -> None:
        log_in("view_groupresult")
        assert get(client, name, "grp").status_code == 403
        assert get(client, name, "grp").json() == {
            "error": "This needs the permission django_celery_results.view_taskresult."
        }

    @pytest.mark.parametrize("name", ["group_status", "is_group_successful"])
    def test_group_views_need_the_permission_to_view_groups(self, client: Client, log_in: LogIn, name: str) -> None:
        log_in("view_taskresult")
        assert get(client, name, "grp").status_code == 403

    def test_payload_and_traceback_are_null_without_permission(self, client: Client, log_in: LogIn) -> None:
        log_in("view_taskresult")
        assert get(client, "task_status", "ok").json()["task"] == {"id": "ok", "status": "SUCCESS", "result": None}
        bad = get(client, "task_status", "bad").json()["task"]
        assert (bad["result"], bad["traceback"], bad["exc"]) == (None, None, "builtins.ValueError")

    def test_payload_and_traceback_are_returned_with_permission(self, client: Client, log_in: LogIn) -> None:
        log_in("view_taskresult", "view_payload", "view_traceback")
        bad = get(client, "task_status", "bad").json()["task"]
        assert (bad["result"], bad["traceback"]) == ("ValueError('no', 2)", "boom.py")

    @override_settings(DJANGO_CELERY_RESULTS={"POLICY": f"{__name__}.OnlySuccesses"})
    def test_rows_hidden_by_the_policy_look_unknown(self, client: Client, log_in: LogIn) -> None:
        log_in("view_taskresult", "view_groupresult")
        assert get(client, "task_status", "bad").json()["task"]["status"] == "PENDING"
        states = [each["status"] for each in get(client, "group_status", "grp").json()["group"]["results"]]
        assert states == ["SUCCESS", "PENDING", "PENDING"]


@pytest.fixture
def cache_backend(monkeypatch: pytest.MonkeyPatch) -> CacheBackend:
    """Make the cache backend the result backend of the app; it has no rows."""
    backend = CacheBackend(app=app)
    monkeypatch.setattr(type(app), "backend", property(lambda _: backend))
    return backend


def test_results_of_another_backend_are_redacted_by_task_name(client: Client, cache_backend: CacheBackend) -> None:
    request = Context(id="charged", task="shop.charge", args=[], kwargs={}, delivery_info={})
    cache_backend.store_result("charged", {"card": 4111}, "SUCCESS", request=request)
    with override_settings(DJANGO_CELERY_RESULTS={"OPEN_VIEWS": True, "REDACT_TASKS": ["shop.*"]}):
        assert get(client, "task_status", "charged").json()["task"]["result"] == "[redacted]"


class Account:
    """An object that JSON has no word for."""

    def __repr__(self) -> str:
        return "Account(name='me', password='sesame')"


@pytest.mark.usefixtures("open_views")
@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (b"password=sesame", "password=[redacted]"),
        ([b"otp: sesame\xff", b"fine\xff"], ["otp: [redacted]", "b'fine\\xff'"]),
        (Account(), "Account(name='me', password=[redacted])"),
        ({"account": Account()}, {"account": "Account(name='me', password=[redacted])"}),
        ({"pwd": b"sesame"}, {"pwd": "[redacted]"}),
    ],
)
def test_secrets_in_bytes_and_objects_are_redacted(
    client: Client, cache_backend: CacheBackend, result: Any, shown: Any
) -> None:
    task_id = uuid()
    cache_backend.store_result(task_id, result, "SUCCESS")
    assert get(client, "task_status", task_id).json()["task"]["result"] == shown


@pytest.mark.usefixtures("open_views")
@pytest.mark.parametrize("content", [b"password=sesame", b"password=sesame\xff"])
def test_bytes_with_secrets_are_redacted_in_stored_rows(client: Client, content: bytes) -> None:
    app.backend.store_result("bytes", {"content": content}, "SUCCESS")
    assert "sesame" not in str(get(client, "task_status", "bytes").json())
    value = values.result(SYSTEM, TaskResult.objects.get(task_id="bytes"))
    assert value is not None
    assert value.is_redacted
    assert base64.b64encode(content).decode() not in value.text(1000)
    assert "sesame" not in value.text(1000)


@pytest.mark.usefixtures("open_views")
def test_results_are_read_from_the_configured_backend(client: Client, cache_backend: CacheBackend) -> None:
    cache_backend.store_result("cached", [1, 2], "SUCCESS")
    cache_backend.store_result("broken", KeyError("x"), "FAILURE")
    CeleryGroupResult("cached-group", [AsyncResult("cached", app=app)], app=app).save(backend=cache_backend)
    assert get(client, "task_status", "cached").json()["task"]["result"] == [1, 2]
    assert get(client, "task_status", "broken").json()["task"]["exc"] == "builtins.KeyError"
    results = get(client, "group_status", "cached-group").json()["group"]["results"]
    assert results == [{"result": [1, 2], "status": "SUCCESS"}]
    assert not TaskResult.objects.exists()
    assert not GroupResult.objects.exists()


@pytest.mark.usefixtures("rows", "open_views")
@isolate_apps("django_celery_results")
def test_groups_are_read_from_the_model_of_the_backend(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class HidingManager(models.Manager[GroupResult]):
        def get_queryset(self) -> models.QuerySet[GroupResult]:
            return super().get_queryset().exclude(group_id="hidden")

    class ProxyGroup(GroupResult):
        objects = HidingManager()

        class Meta:
            proxy = True
            app_label = "django_celery_results"

    GroupResult.objects.create(group_id="hidden", result='[["hidden", null], [[["ok", null], null]]]')
    assert get(client, "group_status", "hidden").json()["group"]["results"]
    monkeypatch.setattr(app.backend, "GroupModel", ProxyGroup)
    assert get(client, "group_status", "grp").json()["group"]["results"]
    assert not get(client, "group_status", "hidden").json()["group"]["results"]


def test_reverse_returns_the_id_first_url() -> None:
    assert reverse("celery-task_status", kwargs={"task_id": "a.b-1"}) == "/results/a.b-1/status/"
    assert reverse("celery-group_status", kwargs={"group_id": "g"}) == "/results/g/group/status/"


def test_setting_disables_id_first_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(DJANGO_CELERY_RESULTS_ID_FIRST_URLS=False):
        import django_celery_results.urls as urls

        monkeypatch.delitem(REGISTERED_CONVERTERS, "task_pattern")
        assert len(importlib.reload(urls).urlpatterns) == 4
    monkeypatch.delitem(REGISTERED_CONVERTERS, "task_pattern")
    with pytest.warns(DeprecationWarning, match="ID_FIRST_URLS"):
        assert len(importlib.reload(urls).urlpatterns) == 8
