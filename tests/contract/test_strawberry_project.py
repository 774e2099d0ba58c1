"""The example project that adds our types to a strawberry schema of its own, queried over HTTP."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from demo.client import Client

from tests.contract.example_projects import run_query, running_project

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(find_spec("strawberry") is None, reason="strawberry is not installed"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_project("strawberry_project", tmp_path_factory.mktemp("shop") / "project") as address:
        yield address


def test_project_queries_its_own_fields_and_our_types_behind_strawberrys_view(url: str) -> None:
    client = Client(url)
    client.login("admin", "choose-one")
    data = run_query(
        client, "{ openOrders { number charge { id taskName } } taskResults { totalCount } viewer { username } }"
    )
    first, second = data["openOrders"]
    assert (first["charge"]["taskName"], second["charge"]) == ("shop.charge", None)
    assert (data["taskResults"], data["viewer"]) == ({"totalCount": 1}, {"username": "admin"})
    refetch = f'{{ node(id: "{first["charge"]["id"]}") {{ ... on TaskResult {{ taskId }} }} }}'
    assert run_query(client, refetch) == {"node": {"taskId": "charge-1"}}
    assert run_query(client, '{ taskResult(ref: {taskId: "charge-1"}) { id } }')["taskResult"]
    assert run_query(client, '{ taskResult(ref: {taskId: "charge-1", id: "x"}) { id } }') is None


def test_anonymous_viewer_sees_no_rows(url: str) -> None:
    assert run_query(Client(url), "{ taskResults { nodes { id } } }") is None
    assert run_query(Client(url), "{ openOrders { charge { id } } }") == {
        "openOrders": [{"charge": None}, {"charge": None}]
    }
