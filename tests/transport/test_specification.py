"""The reference audit of the GraphQL-over-HTTP specification, over real servers."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.graphql_client import ENGINES
from tests.transport.servers import asgi_server

AUDIT = Path(__file__).parent / "audit"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["wsgi", "asgi"])
def address(request: pytest.FixtureRequest, engine: str, settings: Any) -> Iterator[str]:
    settings.GRAPHQL_API = {"ENGINE": engine, "AUTHENTICATE": "tests.transport.authentication.bearer"}
    if request.param == "wsgi":
        yield request.getfixturevalue("live_server").url + "/graphql/"
        return
    with asgi_server() as url:
        yield url + "/async/graphql/"


def test_the_service_passes_the_reference_audit(address: str, admin_user: Any, npm: Callable[..., Path]) -> None:
    folder = npm(AUDIT)
    done = subprocess.run(
        ["node", "run.js", address, admin_user.username], cwd=folder, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) > 50
    assert [result for result in results if result["status"] not in ("ok", "notice")] == []
    assert {result["name"]: result["reason"] for result in results if result["status"] == "notice"} == {}
