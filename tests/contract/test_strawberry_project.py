"""The example of a project with a strawberry schema of its own: started as it says, and queried."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from demo.client import Client

from tests.contract.projects import ask, running

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(find_spec("strawberry") is None, reason="strawberry is not installed"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("strawberry_project", tmp_path_factory.mktemp("shop") / "project") as address:
        yield address


def test_our_types_join_the_projects_schema_behind_the_librarys_view(url: str) -> None:
    client = Client(url)
    client.login("admin", "choose-one")
    found = ask(
        client, "{ openOrders { number charge { id taskName } } taskResults { totalCount } viewer { username } }"
    )
    first, second = found["openOrders"]
    assert (first["charge"]["taskName"], second["charge"]) == ("shop.charge", None)
    assert (found["taskResults"], found["viewer"]) == ({"totalCount": 1}, {"username": "admin"})
    again = f'{{ node(id: "{first["charge"]["id"]}") {{ ... on TaskResult {{ taskId }} }} }}'
    assert ask(client, again) == {"node": {"taskId": "charge-1"}}
    assert ask(client, '{ taskResult(ref: {taskId: "charge-1"}) { id } }')["taskResult"]
    assert ask(client, '{ taskResult(ref: {taskId: "charge-1", id: "x"}) { id } }') is None


def test_nobody_sees_rows_without_logging_in(url: str) -> None:
    assert ask(Client(url), "{ taskResults { nodes { id } } }") is None
    assert ask(Client(url), "{ openOrders { charge { id } } }") == {"openOrders": [{"charge": None}, {"charge": None}]}
