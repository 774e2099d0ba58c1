"""docs/api.md: each GraphQL document returns the response that the page shows, on both engines."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from django_celery_results.models import Operation, TaskResult
from tests.celery_app import app
from tests.contract.graphql_client import GraphQLClient
from tests.docs.pages import page
from tests.factories import at, create_failed_task, create_group, create_task

pytestmark = pytest.mark.any_database

TEXT = page("api")
EXAMPLES = re.findall(r"```graphql\n(.*?)```\n\n```json\n(.*?)```", TEXT, re.DOTALL)
NAMES = re.findall(r"```graphql\n\w+ (\w+)", TEXT)
FILTERS = re.findall(r"^\| `(\{.*\})` \| [^|]* \| ([^|]*) \|$", TEXT, re.MULTILINE)
FAILED = {
    "queue": "pay",
    "task_args": '"[7]"',
    "task_kwargs": '"{}"',
    "result": '{"exc_type": "ValueError", "exc_module": "builtins", "exc_message": ["no currency"]}',
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "error_type": "ValueError",
    "traceback": "Traceback (most recent call last):\n  …\nValueError: no currency",
}
BULK_DELETE = """mutation { bulkDeleteTaskResults(
  input: { select: { taskIds: ["stock-7"] }, options: { reason: "asked for by the customer" } }
) { doneCount } }"""
ALL_TASK_IDS = ["mail-7", "order-7", "pay-7", "stock-7"]
PLACEHOLDER = "…"
"""The page shows this for a value that differs in every run."""


@pytest.fixture(autouse=True)
def rows(db: None) -> Iterator[None]:
    """The task `order-7`, and the group of tasks that it started: one failed, one runs, one succeeded."""

    def pay(order: int, currency: str = "EUR") -> None: ...

    app.task(pay, name="shop.tasks.pay", shared=False)
    shared = {"root_id": "order-7", "parent_id": "order-7", "group_id": "batch-7"}
    times = {"date_created": at(0), "date_started": at(1), "date_done": at(2)}
    create_task("order-7", task_name="shop.tasks.order", queue="celery", root_id="order-7", **times)
    message = {"task_name": "shop.tasks.pay", "options": {"delivery": {"exchange": "", "routing_key": "pay"}}}
    failed = create_failed_task("pay-7", 7, **message)
    times = {"date_created": at(3), "date_started": at(4), "date_done": at(6.5)}
    TaskResult.objects.filter(pk=failed.pk).update(**FAILED, **times, **shared)
    progress = '{"current": 3, "total": 4}'
    mail = {"task_name": "shop.tasks.mail", "queue": "mail", "result": progress, "date_created": at(4)}
    create_task("mail-7", status="PROGRESS", **mail, **shared)
    times = {"date_created": at(5), "date_started": at(6), "date_done": at(8)}
    create_task("stock-7", task_name="shop.tasks.stock", queue="celery", **times, **shared)
    create_group("batch-7", ["pay-7", "mail-7", "stock-7"])
    yield
    app.tasks.pop("shop.tasks.pay")


def test_every_document_is_followed_by_its_response() -> None:
    assert len(EXAMPLES) == TEXT.count("```graphql") == len(NAMES)


def with_placeholders(actual: Any, documented: Any) -> Any:
    """Return the actual data, with a placeholder wherever the documented data has one."""
    if documented == PLACEHOLDER:
        return PLACEHOLDER
    if isinstance(actual, dict) and isinstance(documented, dict):
        return {key: with_placeholders(value, documented.get(key)) for key, value in actual.items()}
    if isinstance(actual, list) and isinstance(documented, list) and len(actual) == len(documented):
        return [with_placeholders(value, other) for value, other in zip(actual, documented, strict=True)]
    return actual


@pytest.mark.parametrize(("document", "response"), EXAMPLES, ids=NAMES)
def test_document_returns_the_documented_response(client: GraphQLClient, document: str, response: str) -> None:
    if document.startswith("query Operations"):
        Operation.objects.create(
            action="retry", actor_name="ada", state="done", task_id="pay-7", reason="the bug is fixed"
        )
    if document.startswith("query HowFar"):
        client.data(BULK_DELETE)
    data = client.data(document)
    assert with_placeholders(data, json.loads(response)) == json.loads(response)


def test_filter_table_is_found_on_the_page() -> None:
    assert FILTERS


@pytest.mark.parametrize(("condition", "documented"), FILTERS)
def test_filter_selects_the_documented_tasks(client: GraphQLClient, condition: str, documented: str) -> None:
    page = client.data(f"{{ taskResults(filter: {condition}) {{ nodes {{ taskId }} }} }}")
    task_ids = sorted(node["taskId"] for node in page["taskResults"]["nodes"])
    assert task_ids == (ALL_TASK_IDS if documented == "all four" else sorted(re.findall(r"`(.+?)`", documented)))
