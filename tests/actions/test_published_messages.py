"""The message of a retry at the moment it is published: destination, options, overrides; its preview and audit."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import states
from celery.signals import before_task_publish
from django.utils import timezone

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.retry import RetryOverrides, Wish, retry
from django_celery_results.actions.selection import Selection
from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM
from tests.celery_app import app
from tests.factories import QUEUE, create_failed_task, task_ref
from tests.secret_tasks import login
from tests.tasks import add, fail_first

pytestmark = pytest.mark.django_db


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """What Celery is about to hand to the broker: the arguments of the signal `before_task_publish`."""
    messages: list[dict[str, Any]] = []

    def collect(**message: Any) -> None:
        messages.append(message)

    before_task_publish.connect(collect)
    yield messages
    before_task_publish.disconnect(collect)


def delivery(**more: Any) -> dict[str, Any]:
    return {"delivery": {"exchange": "", "routing_key": QUEUE}, **more}


def test_retry_goes_to_the_original_queue_past_task_routes(published: list[dict[str, Any]]) -> None:
    app.conf.task_routes = {"tests.tasks.*": {"queue": "elsewhere", "exchange": "x", "routing_key": "y"}}
    app.amqp.__dict__.pop("router", None)
    app.amqp.flush_routes()
    try:
        retry(SYSTEM, task_ref(create_failed_task()))
    finally:
        app.conf.task_routes = None
        app.amqp.flush_routes()
        app.amqp.__dict__.pop("router", None)
    assert (published[0]["exchange"], published[0]["routing_key"]) == ("", QUEUE)


def test_retry_keeps_exchange_and_routing_key(published: list[dict[str, Any]]) -> None:
    retry(
        SYSTEM, task_ref(create_failed_task(options={"delivery": {"exchange": "events", "routing_key": "order.paid"}}))
    )
    assert (published[0]["exchange"], published[0]["routing_key"]) == ("events", "order.paid")


def test_retry_of_native_delayed_delivery_goes_to_its_queue_at_once(published: list[dict[str, Any]]) -> None:
    delayed = {"exchange": "celery_delayed_27", "routing_key": f"0.0.1.0.{QUEUE}"}
    retry(SYSTEM, task_ref(create_failed_task(options={"delivery": delayed})))
    assert published[0]["routing_key"] == QUEUE


def test_retry_keeps_options_of_the_sender_and_drops_those_of_the_run(published: list[dict[str, Any]]) -> None:
    past, ahead = (timezone.now() + timedelta(hours=hours) for hours in (-1, 1))
    headers = {
        "tenant": "a",
        "dcr_retry_of": "older",
        "x-death": [1],
        "dcr_generation": 4,
        "periodic_task_name": "nightly",
    }
    for name, expires in (("late", past), ("early", ahead)):
        options = delivery(
            headers=headers, expires=expires.isoformat(), eta=past.isoformat(), timelimit=[60, 50], root_id="root",
            parent_id="parent", stamped_headers=["batch"], stamps={"batch": ["b1"]}, shadow="shadow",
        )  # fmt: skip
        retry(SYSTEM, task_ref(create_failed_task(name, options=options)))
    late, early = (message["headers"] for message in published)
    assert (late["expires"], early["expires"]) == (None, ahead.isoformat())
    assert late["eta"] is None
    assert late["timelimit"] == [60, 50]
    assert late["root_id"] == late["id"]
    assert late["parent_id"] is None
    assert (late["stamps"], late["shadow"]) == ({"batch": ["b1"]}, "shadow")
    assert (late["tenant"], late["periodic_task_name"], late["dcr_retry_of"]) == ("a", "nightly", "late")
    assert not {"x-death", "dcr_generation"} & late.keys()
    assert late["ignore_result"] is False


def test_retry_of_a_revoked_task_drops_its_stamps(published: list[dict[str, Any]]) -> None:
    options = delivery(stamped_headers=["batch"], stamps={"batch": ["b1"]})
    retry(SYSTEM, task_ref(create_failed_task(options=options, status=states.REVOKED)))
    assert published[0]["headers"]["stamps"] == {}


def test_retry_gives_up_after_one_reconnect_within_a_second(published: list[dict[str, Any]]) -> None:
    retry(SYSTEM, task_ref(create_failed_task()))
    policy = published[0]["retry_policy"]
    assert policy["max_retries"] == 1
    assert policy["interval_max"] <= 1


def test_time_limits_of_the_task_class_win_over_the_message(
    published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fail_first, "time_limit", 500, raising=False)
    monkeypatch.setattr(fail_first, "_exec_options", None, raising=False)  # Celery remembers them
    retry(SYSTEM, task_ref(create_failed_task(options=delivery(timelimit=[60, 50]))))
    assert published[0]["headers"]["timelimit"] == [500, 50]


def test_overrides_replace_what_was_sent(published: list[dict[str, Any]], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": ["y"]}
    original = create_failed_task("f", 1, kwargs={"a": 1, "b": 2}, options=delivery(headers={"x": 1, "y": 1}))
    eta = timezone.now() + timedelta(hours=1)
    overrides = RetryOverrides(
        args=[9], kwargs={"b": None, "c": 3}, headers={"y": 2}, queue="other", priority=7, eta=eta, expires=7200
    )
    retry(SYSTEM, task_ref(original), overrides=overrides)
    (message,) = published
    assert message["body"][:2] == ((9,), {"a": 1, "c": 3})
    assert (message["headers"]["x"], message["headers"]["y"]) == (1, 2)
    assert (message["routing_key"], message["properties"]["priority"]) == ("other", 7)
    assert message["headers"]["eta"] == eta.isoformat()
    assert message["headers"]["expires"] > eta.isoformat()
    assert TaskResult.objects.get(retried_from="f").queue == "other"


def test_times_are_sent_with_their_offset_whatever_the_time_zone_of_the_project(
    published: list[dict[str, Any]], settings: Any
) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "America/New_York"
    soon, later = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, 2))
    retry(
        SYSTEM,
        task_ref(create_failed_task("a", options=delivery(expires=later.isoformat()))),
        overrides=RetryOverrides(eta=soon),
    )
    retry(SYSTEM, task_ref(create_failed_task("b")), overrides=RetryOverrides(countdown=3600, expires=later))
    from_message, from_overrides = (message["headers"] for message in published)
    assert (from_message["eta"], from_message["expires"]) == (soon.isoformat(), later.isoformat())
    assert from_overrides["expires"] == later.isoformat()
    assert datetime.fromisoformat(from_overrides["eta"]) >= soon


def test_hidden_representation_stays_hidden(published: list[dict[str, Any]]) -> None:
    options = delivery(argsrepr="('***',)", headers={"dcr_hidden": True})
    retry(SYSTEM, task_ref(create_failed_task("f", "secret", options=options)))
    assert published[0]["headers"]["argsrepr"] == "('***',)"
    assert published[0]["headers"]["dcr_hidden"] is True


def test_preview_is_redacted_and_needs_the_payload_permission(viewer_with: Any, published: list[Any]) -> None:
    create_failed_task("f", {"password": "x"}, b"\xff", kwargs={"n": 1})
    preview = retry(viewer_with(Action.VIEW, Action.RETRY, Action.VIEW_PAYLOAD), task_ref("f"), dry_run=True).preview
    assert preview is not None
    assert (preview.args, preview.kwargs) == ([{"password": "[redacted]"}, "\\xff"], {"n": 1})
    assert (preview.queue, preview.is_redacted) == (QUEUE, True)
    hidden = retry(viewer_with(Action.VIEW, Action.RETRY, name="other"), task_ref("f"), dry_run=True).preview
    assert hidden is not None
    assert (hidden.args, hidden.kwargs, hidden.headers) == (None, None, None)
    assert published == []
    assert not Operation.objects.exists()


def test_secrets_among_positional_arguments_are_hidden_in_preview_and_audit(published: list[Any]) -> None:
    original = create_failed_task("f", "me", "sesame", task_name=login.name)
    preview = retry(SYSTEM, task_ref(original), dry_run=True).preview
    assert preview is not None
    assert (preview.args, preview.is_redacted) == (["me", "[redacted]"], True)
    assert retry(SYSTEM, task_ref(original), overrides=RetryOverrides(args=["you", "sesame"])).task_id is not None
    assert json.loads(Operation.objects.get().input)["args"] == ["you", "[redacted]"]
    assert list(published[0]["body"][0]) == ["you", "sesame"]


def test_secrets_among_the_arguments_of_a_bulk_retry_are_hidden_in_each_audit(published: list[Any]) -> None:
    create_failed_task("f", "me", "sesame", task_name=login.name)
    create_failed_task("g", 1, 2, task_name=add.name)
    wish = Wish(overrides=RetryOverrides(args=["you", "sesame"]))
    bulk_retry(SYSTEM, Selection(task_ids=("f", "g")), wish, BulkOptions(reason="why not"))
    recorded = {row.task_id: json.loads(row.input)["args"] for row in Operation.objects.all()}
    assert recorded == {None: ["you", "[redacted]"], "f": ["you", "[redacted]"], "g": ["you", "sesame"]}


def test_audit_redacts_secrets_and_shortens_input_and_reason(published: list[Any]) -> None:
    original = create_failed_task()
    retry(
        SYSTEM,
        task_ref(original),
        overrides=RetryOverrides(kwargs={"token": "x1y2"}),
        reason="token=x1y2 " + "r" * 9_000,
    )
    retry(SYSTEM, task_ref(original), overrides=RetryOverrides(args=["x" * 500_000]), allow_retried=True)
    small, large = Operation.objects.order_by("pk")
    assert "x1y2" not in f"{small.input}{small.reason}{small.outcome}"
    assert len(str(small.reason)) <= 2_000
    assert len(large.input) < 1_000


def test_policy_can_redact_the_whole_audit_of_a_retry(published: list[Any], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.RedactsEverything"}
    outcome = retry(SYSTEM, task_ref(create_failed_task()), overrides=RetryOverrides(args=["x1y2"]), reason="why not")
    assert outcome.task_id is not None
    operation = Operation.objects.get()
    assert operation.reason is None
    assert "x1y2" not in operation.input


def test_audit_of_a_redacted_task_keeps_the_reason_and_no_arguments(published: list[Any], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_TASKS": ["tests.tasks.*"]}
    outcome = retry(SYSTEM, task_ref(create_failed_task()), overrides=RetryOverrides(args=["x1y2"]), reason="why not")
    assert outcome.task_id is not None
    operation = Operation.objects.get()
    assert "x1y2" not in operation.input
    assert operation.reason == "why not"
