"""The example project that adds our types to a graphene schema of its own, queried over HTTP."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from demo.client import Client

from tests.contract.example_projects import run_query, running_project
from tests.docs.pages import code_blocks

pytestmark = pytest.mark.skipif(find_spec("graphene") is None, reason="graphene is not installed")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_project("graphene_project", tmp_path_factory.mktemp("shop") / "project") as address:
        yield address


def test_project_queries_its_own_fields_and_our_types_in_one_schema(url: str) -> None:
    client = Client(url)
    client.login("admin", "choose-one")
    data = run_query(client, "{ openOrders taskResults { totalCount nodes { id taskId runbook } } }")
    assert data["openOrders"] == 3
    [node] = data["taskResults"]["nodes"]
    assert (node["taskId"], node["runbook"]) == ("charge-1", "https://runbooks.example.org/shop.charge")
    refetch = f'{{ node(id: "{node["id"]}") {{ ... on TaskResult {{ taskId }} }} }}'
    assert run_query(client, refetch) == {"node": {"taskId": "charge-1"}}


def test_field_hidden_by_the_project_is_not_in_the_schema(url: str) -> None:
    kind = run_query(Client(url), '{ __type(name: "TaskResult") { fields { name } } }')["__type"]
    names = {field["name"] for field in kind["fields"]}
    assert "periodicTaskName" not in names
    assert {"taskId", "runbook"} <= names


def test_anonymous_viewer_sees_no_rows(url: str) -> None:
    assert run_query(Client(url), "{ taskResults { nodes { id } } }") is None


def test_code_in_the_graphene_documentation_runs() -> None:
    namespace: dict[str, Any] = {}
    for block in code_blocks("graphene", "python"):
        exec(compile(block, "docs/graphene.md", "exec"), namespace)
    sdl = str(namespace["schema"])
    assert "openOrders: Int!" in sdl
    assert "runbook: String" in sdl
