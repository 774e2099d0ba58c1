"""Every operation and example in docs/api.md works."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.contract.conftest import Client
from tests.query.rows import task

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


@pytest.mark.django_db
def test_the_query_is_answered(client: Client) -> None:
    task("t", status="FAILURE", task_name="shop.pay")
    [query] = [block for block in blocks("graphql") if block.startswith("query")]
    assert client.data(query)["taskResults"]["nodes"][0]["taskId"] == "t"


@pytest.mark.django_db
def test_the_mutation_is_answered(client: Client) -> None:
    [mutation] = [block for block in blocks("graphql") if block.startswith("mutation")]
    answer = client.data(mutation, {"task": {"taskId": "nope"}})["retryTask"]
    assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]


def test_our_types_join_another_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = [block for block in blocks("python") if "ShopQuery" in block]
    shop = ModuleType("shop")
    monkeypatch.setitem(sys.modules, "shop", shop)  # strawberry looks annotations up in the module
    exec(compile(example, "docs/api.md", "exec"), vars(shop))
    printed = vars(shop)["schema"].as_str()
    assert "hello: String!" in printed
    assert "taskResults(" in printed


def test_the_policy_is_a_policy() -> None:
    [example] = [block for block in blocks("python") if "TenantPolicy" in block]
    names: dict[str, Any] = {}
    exec(compile(example, "docs/api.md", "exec"), names)
    assert names["TenantPolicy"]().visible
