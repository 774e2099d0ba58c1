"""docs/extending.md shows a schema that can be mounted and queried, and a task that reports its progress."""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from django.test import Client

from tests.celery_app import app
from tests.docs.pages import code_block, code_blocks
from tests.factories import create_task

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db,
    pytest.mark.skipif(find_spec("strawberry") is None, reason="strawberry is not installed"),
]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Use the blocks of the page as the URLs of the project."""
    module = ModuleType("shop_urls")
    monkeypatch.setitem(sys.modules, "shop_urls", module)  # strawberry looks annotations up in the module
    for containing in ("class ShopQuery", "urlpatterns"):
        exec(code_block("extending", "python", containing), vars(module))
    settings.ROOT_URLCONF = "shop_urls"


def run_query(client: Client, query: str) -> Any:
    return client.post("/shop/graphql/", {"query": query}, content_type="application/json").json()


def test_schema_resolves_to_types_of_the_service(shop: None, admin_client: Client) -> None:
    create_task("pay-7", result='"paid"', queue="pay")
    answer = run_query(
        admin_client, "{ order(number: 7) { payment { queue result { json } } } taskResults { totalCount } }"
    )
    payment = {"queue": "pay", "result": {"json": "paid"}}
    assert answer["data"] == {"order": {"payment": payment}, "taskResults": {"totalCount": 1}}


def test_schema_applies_the_policy(shop: None, client: Client) -> None:
    create_task("pay-7")
    answer = run_query(client, "{ order(number: 7) { payment { taskId } } }")
    assert answer["data"] == {"order": {"payment": None}}


def test_task_reports_progress_and_stores_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"__name__": "shop.tasks"}
    exec(code_block("extending", "python", "def import_customers"), names)
    task = app.tasks.pop(names["import_customers"].name)
    reported: list[Any] = []
    monkeypatch.setattr(task, "update_state", lambda **state: reported.append(state["meta"]["current"]))
    task.run([1, 2])
    assert (reported, task.store_message) == ([0, 1], False)


def test_every_python_block_is_executed_by_these_tests() -> None:
    assert len(code_blocks("extending", "python")) == 3
