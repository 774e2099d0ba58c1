"""The reference audit of the GraphQL-over-HTTP specification, run against real WSGI and ASGI servers."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.contract.graphql_client import ENGINES
from tests.transport.servers import asgi_server

AUDIT = Path(__file__).parent / "audit"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]  # servers have their own connections


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["wsgi", "asgi"])
def url(request: pytest.FixtureRequest, engine: str, settings: Any) -> Iterator[str]:
    """The URL of the service on a running server."""
    settings.GRAPHQL_API = {"ENGINE": engine, "AUTHENTICATE": "tests.transport.authentication.bearer"}
    if request.param == "wsgi":
        yield request.getfixturevalue("live_server").url + "/graphql/"
        return
    with asgi_server() as root:
        yield root + "/async/graphql/"


def test_service_passes_the_reference_audit(url: str, admin_user: User, npm: Callable[..., Path]) -> None:
    done = subprocess.run(["node", "run.js", url, admin_user.username], cwd=npm(AUDIT), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) > 50
    assert {result["name"]: result["reason"] for result in results if result["status"] != "ok"} == {}
