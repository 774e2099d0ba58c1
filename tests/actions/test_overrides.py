"""What a retry may change: the permission, the policy, queues, headers, and arguments that fit the task."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish

from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.factories import QUEUE, create_failed_task, task_ref
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def broker() -> Any:
    with publishing_to("memory://overrides"):
        yield


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """What Celery was about to hand to the broker."""
    seen: list[dict[str, Any]] = []

    def note(**message: Any) -> None:
        seen.append(message)

    before_task_publish.connect(note)
    yield seen
    before_task_publish.disconnect(note)


def refused(outcome: RetryOutcome, sent: list[str], *path: str) -> str:
    """Return the message of the one refusal, which is about this field of the overrides and sent nothing."""
    assert sent == []
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    (refusal,) = outcome.refusals
    assert refusal.path == ("overrides", *path)
    assert refusal.code == ErrorCode.INVALID_INPUT
    return refusal.message


class TestHeaders:
    @pytest.mark.parametrize("header", ["tenant", "CC", "BCC", "cc", "x-delay", "task", "dcr_retry_of"])
    def test_no_header_is_overridable_unless_the_project_allows_it(
        self, header: str, operator: Viewer, sent: list[str]
    ) -> None:
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={header: ["other"]}))
        assert repr(header) in refused(outcome, sent, "headers")

    def test_a_refusal_names_the_setting(self, operator: Viewer, sent: list[str]) -> None:
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={"tenant": 1}))
        assert "RETRY_HEADERS" in refused(outcome, sent, "headers")

    def test_a_header_of_the_allow_list_is_sent(
        self, operator: Viewer, published: list[dict[str, Any]], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": ["tenant"]}
        original = create_failed_task(options={"delivery": {"exchange": "", "routing_key": QUEUE}, "headers": {"x": 1}})
        retry(operator, task_ref(original), overrides=RetryOverrides(headers={"tenant": "a"}))
        assert {name: published[0]["headers"][name] for name in ("x", "tenant")} == {"x": 1, "tenant": "a"}

    @pytest.mark.parametrize("header", ["CC", "BCC", "Cc", "id", "dcr_generation", "x-death", "periodic_task_name"])
    def test_headers_of_broker_and_celery_stay_closed_whatever_the_setting_says(
        self, header: str, operator: Viewer, sent: list[str], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": [header]}
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={header: ["other"]}))
        assert repr(header) in refused(outcome, sent, "headers")

    def test_copies_that_the_sender_asked_for_are_sent_again_but_not_past_another_queue(
        self, published: list[dict[str, Any]]
    ) -> None:
        options = {"delivery": {"exchange": "", "routing_key": QUEUE}, "headers": {"CC": ["copies"]}}
        retry(SYSTEM, task_ref(create_failed_task("a", options=options)))
        retry(SYSTEM, task_ref(create_failed_task("b", options=options)), overrides=RetryOverrides(queue="other"))
        assert [message["headers"].get("CC") for message in published] == [["copies"], None]
