"""docs/extending.md: its schema is mounted as the page says, and answers."""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from django.test import Client

from tests.celery_app import app
from tests.docs.pages import block, blocks
from tests.factories import create_task

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db,
    pytest.mark.skipif(find_spec("strawberry") is None, reason="strawberry is not installed"),
]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """A project's URLs, made of the page's blocks."""
    module = ModuleType("shop_urls")
    monkeypatch.setitem(sys.modules, "shop_urls", module)  # strawberry looks annotations up in the module
    for containing in ("class ShopQuery", "urlpatterns"):
        exec(block("extending", "python", containing), vars(module))
    settings.ROOT_URLCONF = "shop_urls"


def ask(client: Client, query: str) -> Any:
    return client.post("/shop/graphql/", {"query": query}, content_type="application/json").json()


def test_its_schema_leads_to_our_types(shop: None, admin_client: Client) -> None:
    create_task("pay-7", result='"paid"', queue="pay")
    answer = ask(admin_client, "{ order(number: 7) { payment { queue result { json } } } taskResults { totalCount } }")
    payment = {"queue": "pay", "result": {"json": "paid"}}
    assert answer["data"] == {"order": {"payment": payment}, "taskResults": {"totalCount": 1}}


def test_its_schema_asks_the_policy(shop: None, client: Client) -> None:
    create_task("pay-7")
    answer = ask(client, "{ order(number: 7) { payment { taskId } } }")
    assert answer["data"] == {"order": {"payment": None}}


def test_its_task_reports_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"__name__": "shop.tasks"}
    exec(block("extending", "python", "def import_customers"), names)
    found = app.tasks.pop(names["import_customers"].name)
    reported: list[Any] = []
    monkeypatch.setattr(found, "update_state", lambda **state: reported.append(state["meta"]["current"]))
    found.run([1, 2])
    assert (reported, found.store_message) == ([0, 1], False)


def test_no_block_is_left_out() -> None:
    assert len(blocks("extending", "python")) == 3
