"""A retry runs no task that the policy forbids, neither as an argument of another task nor as a callback."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import chain, chord, group, signature

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.retry import RetryOverrides, RetryScope, Wish, retry
from django_celery_results.actions.selection import Selection
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.celery_app import app
from tests.factories import create_failed_task, task_ref
from tests.tasks import add, echo, fail_first
from tests.workers import publishing_to

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FORBIDDEN = fail_first.name
"""The name of the task that the policy of these tests forbids."""


@pytest.fixture(autouse=True)
def broker(settings: Any) -> Any:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.NoRetryOfFailFirst"}
    with publishing_to("memory://embedded"):
        yield


def as_stored(part: Any) -> Any:
    """Return a signature as a message holds it."""
    return dict(part)


BUILT_IN = sorted(name for name in app.tasks if name.startswith("celery."))


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("overrides", [{"args": [add.name, [[1, 2]]]}, {"kwargs": {"task": add.name, "it": []}}])
def test_arguments_of_built_in_tasks_cannot_be_overridden(
    name: str, overrides: dict[str, Any], operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task("own", task_name=name)
    outcome = retry(operator, task_ref(original), overrides=RetryOverrides(**overrides))
    [refusal] = outcome.refusals
    assert (refusal.code, refusal.path) == (ErrorCode.INVALID_INPUT, ("overrides", next(iter(overrides))))
    assert name in refusal.message
    assert sent == []


def test_other_overrides_of_built_in_tasks_are_sent(operator: Viewer, sent: list[str]) -> None:
    message = {"args": [], "kwargs": {"task": as_stored(add.s()), "it": [[1, 2]]}}
    original = create_failed_task("own", task_name="celery.starmap", **message)
    assert retry(operator, task_ref(original), overrides=RetryOverrides(countdown=1)).task_id in sent


def test_every_built_in_task_of_celery_is_known() -> None:
    assert {"celery.starmap", "celery.map", "celery.chunks", "celery.chord", "celery.chord_unlock"} <= set(BUILT_IN)


ARGUMENTS: dict[str, dict[str, Any]] = {
    "a signature": {"args": [as_stored(fail_first.s(1))]},
    "a signature in a named argument": {"kwargs": {"then": [{"x": as_stored(fail_first.s())}]}},
    "no more than a name": {"args": [{"task": FORBIDDEN}]},
    "a chain": {"args": [as_stored(chain(add.s(1, 2), fail_first.s()))]},
    "a group": {"args": [as_stored(group(add.s(1, 2), fail_first.s()))]},
    "a body": {"args": [as_stored(chord([add.s(1, 2)], fail_first.s()))]},
    "a callback": {"args": [as_stored(add.s(1, 2).on_error(fail_first.s()))]},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_retry_asks_the_policy_for_signatures_in_arguments(
    arguments: dict[str, Any], operator: Viewer, sent: list[str]
) -> None:
    kept = create_failed_task("kept", task_name=echo.name, **{"args": [], **arguments})
    given = create_failed_task("given", task_name=echo.name)
    outcomes = [
        retry(operator, task_ref(kept)),
        retry(operator, task_ref(kept), dry_run=True),
        retry(operator, task_ref(given), overrides=RetryOverrides(**arguments)),
    ]
    for outcome in outcomes:
        [refusal] = outcome.refusals
        assert refusal.code == ErrorCode.TASK_NOT_ALLOWED
        assert FORBIDDEN in refusal.message
    assert sent == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("celery.starmap", {"kwargs": {"task": as_stored(fail_first.s()), "it": [[1]]}}),
        ("celery.starmap", {"args": [FORBIDDEN, [[1]]]}),
        ("celery.map", {"kwargs": {"task": FORBIDDEN, "it": [1]}}),
        ("celery.chord_unlock", {"args": ["g", as_stored(fail_first.s())]}),
    ],
)
def test_retry_asks_the_policy_for_tasks_that_built_in_tasks_run(
    name: str, message: dict[str, Any], operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task("own", task_name=name, **{"args": [], **message})
    assert [refusal.code for refusal in retry(operator, task_ref(original)).refusals] == [ErrorCode.TASK_NOT_ALLOWED]
    assert sent == []


FOLLOWING: dict[str, tuple[RetryScope, dict[str, Any]]] = {
    "error callback": (RetryScope.ALONE, {"embedded": {"errbacks": [as_stored(fail_first.s())]}}),
    "callback": (RetryScope.CONTINUE, {"embedded": {"callbacks": [as_stored(fail_first.s())]}}),
    "rest of a chain": (RetryScope.CONTINUE, {"embedded": {"chain": [as_stored(fail_first.s())]}}),
    "body of a chord": (
        RetryScope.CONTINUE,
        {
            "embedded": {"chord": as_stored(fail_first.s())},
            "options": {"group": "g", "delivery": {"exchange": "", "routing_key": "q"}},
        },
    ),
}


@pytest.mark.parametrize(("scope", "message"), FOLLOWING.values(), ids=FOLLOWING)
def test_retry_asks_the_policy_for_callbacks_and_chain_links(
    scope: RetryScope, message: dict[str, Any], operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task("first", 1, 2, task_name=add.name, **message)
    assert [refusal.code for refusal in retry(operator, task_ref(original), scope=scope).refusals] == [
        ErrorCode.TASK_NOT_ALLOWED
    ]
    assert sent == []


def test_retry_does_not_ask_for_callbacks_that_it_drops(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task(
        "first", 1, 2, task_name=add.name, embedded={"callbacks": [as_stored(fail_first.s())]}
    )
    assert retry(operator, task_ref(original)).task_id in sent


def test_bulk_retry_skips_a_task_that_would_run_a_forbidden_one(operator: Viewer, sent: list[str]) -> None:
    rows = [
        create_failed_task("fine", 1, 2, task_name=add.name),
        create_failed_task("hides", task_name=echo.name, args=[as_stored(fail_first.s())]),
    ]
    for dry_run in (True, False):
        selection = Selection(ids=tuple(row.pk for row in rows))
        outcome = bulk_retry(operator, selection, Wish(), BulkOptions(dry_run=dry_run))
        found = {item.task_id: item.refusal and item.refusal.code for item in outcome.items}
        assert found == {"fine": None, "hides": ErrorCode.TASK_NOT_ALLOWED}
    assert len(sent) == 1


@pytest.mark.parametrize("value", [{"task": "write a report", "done": False}, {"task": 7}, FORBIDDEN, [FORBIDDEN]])
def test_arguments_that_only_look_like_signatures_are_sent(value: Any, operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task("first", value, task_name=echo.name)
    assert retry(operator, task_ref(original)).task_id in sent


def test_policy_sees_the_fields_of_the_signature(
    operator: Viewer, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked: list[tuple[str, str | None]] = []

    def may(self: Any, viewer: Viewer, action: Any, task: TaskResult | None = None) -> bool:
        if task is not None:
            asked.append((str(task.task_name), task.queue))
        return True

    monkeypatch.setattr("tests.actions.policies.NoRetryOfFailFirst.may", may)
    inner: Callable[..., Any] = signature("shop.tasks.unknown", queue="mail")
    retry(operator, task_ref(create_failed_task("first", as_stored(inner), task_name=echo.name)))
    assert ("shop.tasks.unknown", "mail") in asked
