"""docs/api.md: each of its operations gets the answer that the page shows, from either engine."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from django_celery_results.models import Operation, TaskResult
from tests.celery_app import app
from tests.contract.conftest import Client
from tests.docs.pages import page
from tests.factories import at, create_failed_task, create_group, create_task

pytestmark = pytest.mark.any_database

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
DELETION = """mutation { bulkDeleteTaskResults(
  input: { select: { taskIds: ["stock-7"] }, options: { reason: "asked for by the customer" } }
) { doneCount } }"""
ALL = ["mail-7", "order-7", "pay-7", "stock-7"]
ANY = "…"
"""Stands in the page for what is different in every run."""


@pytest.fixture(autouse=True)
def rows(db: None) -> Iterator[None]:
    """An order, and the group of tasks that it started: one failed, one runs, one is done."""

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


def test_every_example_has_its_answer() -> None:
    assert len(EXAMPLES) == TEXT.count("```graphql") == len(NAMES)


def shown(answer: Any, wanted: Any) -> Any:
    """The answer with the page's dots where the page has dots."""
    if wanted == ANY:
        return ANY
    if isinstance(answer, dict) and isinstance(wanted, dict):
        return {key: shown(value, wanted.get(key)) for key, value in answer.items()}
    if isinstance(answer, list) and isinstance(wanted, list) and len(answer) == len(wanted):
        return [shown(value, other) for value, other in zip(answer, wanted, strict=True)]
    return answer


@pytest.mark.parametrize(("operation", "answer"), EXAMPLES, ids=NAMES)
def test_an_example_gets_the_answer_that_the_page_shows(client: Client, operation: str, answer: str) -> None:
    if operation.startswith("query Operations"):
        Operation.objects.create(
            action="retry", actor_name="ada", state="done", task_id="pay-7", reason="the bug is fixed"
        )
    if operation.startswith("query HowFar"):
        client.data(DELETION)
    data = client.data(operation)
    assert shown(data, json.loads(answer)) == json.loads(answer)


@pytest.mark.parametrize(("condition", "wanted"), FILTERS)
def test_a_filter_of_the_table_finds_what_it_says(client: Client, condition: str, wanted: str) -> None:
    answer = client.data(f"{{ taskResults(filter: {condition}) {{ nodes {{ taskId }} }} }}")
    found = sorted(node["taskId"] for node in answer["taskResults"]["nodes"])
    assert found == (ALL if wanted == "all four" else sorted(re.findall(r"`(.+?)`", wanted)))
