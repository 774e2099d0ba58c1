"""The example of a project with a graphene schema of its own: started as it says, and queried."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from demo.client import Client

from tests.contract.projects import ask, running
from tests.workshop.programs import ROOT

pytestmark = pytest.mark.skipif(find_spec("graphene") is None, reason="graphene is not installed")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("graphene_project", tmp_path_factory.mktemp("shop") / "project") as address:
        yield address


def test_our_types_join_the_projects_schema(url: str) -> None:
    client = Client(url)
    client.login("admin", "choose-one")
    found = ask(client, "{ openOrders taskResults { totalCount nodes { id taskId runbook } } }")
    assert found["openOrders"] == 3
    [node] = found["taskResults"]["nodes"]
    assert (node["taskId"], node["runbook"]) == ("charge-1", "https://runbooks.example.org/shop.charge")
    again = f'{{ node(id: "{node["id"]}") {{ ... on TaskResult {{ taskId }} }} }}'
    assert ask(client, again) == {"node": {"taskId": "charge-1"}}


def test_a_hidden_field_is_gone(url: str) -> None:
    kind = ask(Client(url), '{ __type(name: "TaskResult") { fields { name } } }')["__type"]
    names = {field["name"] for field in kind["fields"]}
    assert "periodicTaskName" not in names
    assert {"taskId", "runbook"} <= names


def test_nobody_sees_rows_without_logging_in(url: str) -> None:
    assert ask(Client(url), "{ taskResults { nodes { id } } }") is None


def test_the_page_about_it_runs() -> None:
    page = (ROOT / "docs" / "graphene.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/graphene.md", "exec"), made)
    text = str(made["schema"])
    assert "openOrders: Int!" in text
    assert "runbook: String" in text
