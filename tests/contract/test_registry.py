"""The tasks that the service's Celery app knows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from tests.celery_app import app
from tests.contract.conftest import Client
from tests.factories import create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

QUERY = """query ($search: String! = "") { registeredTasks(search: $search) {
  name doc maxRetries rateLimit timeLimitSeconds signature { name kind annotation isRequired default }
} }"""


@pytest.fixture
def registered() -> Any:
    """A task of every kind of parameter."""

    @app.task(name="registry.every", shared=False, rate_limit="10/m", time_limit=30, max_retries=5)
    def every(a: int, /, b: "str", *rest: Any, c: int | None = None, token: str = "hunter2", **more: Any) -> None:
        """Does it all.

        And more.
        """

    yield every
    app.tasks.unregister("registry.every")


@pytest.mark.usefixtures("registered")
def test_a_task_says_how_it_is_called(client: Client) -> None:
    [found] = client.data(QUERY, {"search": "REGISTRY.ev"})["registeredTasks"]
    parameters = found.pop("signature")
    assert found == {
        "name": "registry.every",
        "doc": "Does it all.\n\nAnd more.",
        "maxRetries": 5,
        "rateLimit": "10/m",
        "timeLimitSeconds": 30.0,
    }
    assert [(known["name"], known["kind"], known["annotation"], known["isRequired"]) for known in parameters] == [
        ("a", "POSITIONAL_ONLY", "int", True),
        ("b", "POSITIONAL_OR_KEYWORD", "str", True),
        ("rest", "VAR_POSITIONAL", "Any", False),
        ("c", "KEYWORD_ONLY", "int | None", False),
        ("token", "KEYWORD_ONLY", "str", False),
        ("more", "VAR_KEYWORD", "Any", False),
    ]
    assert parameters[4]["default"] == "[redacted]"


def test_all_are_listed_by_name_without_celerys_own(client: Client) -> None:
    names = [found["name"] for found in client.data(QUERY)["registeredTasks"]]
    assert "tests.tasks.add" in names
    assert names == sorted(names)
    assert not [name for name in names if name.startswith("celery.")]


def test_a_bound_task_takes_no_self(client: Client) -> None:
    [found] = client.data(QUERY, {"search": "tests.tasks.progress"})["registeredTasks"]
    assert [(known["name"], known["default"]) for known in found["signature"]] == [("steps", 2), ("pause", 0.1)]


def test_an_app_that_nobody_configured_has_none(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Celery("default", set_as_current=False)
    monkeypatch.setattr("django_celery_results.actions.celery_app.get_current_app", lambda: bare)
    assert client.data(QUERY) == {"registeredTasks": []}


def test_it_needs_the_permission_to_see_tasks(
    client: Client, viewer_with: Callable[..., Viewer], anonymous: Viewer
) -> None:
    assert client.codes(QUERY, viewer=viewer_with(Action.RETRY)) == ["FORBIDDEN"]
    assert client.codes(QUERY, viewer=anonymous) == ["UNAUTHENTICATED"]


HISTORY = """query ($window: Duration! = "P1D") { registeredTasks(search: "registry.") { name
  stats(window: $window) { count successRate stateCounts { state count } runtime { count max } } } }"""


@pytest.mark.usefixtures("registered")
def test_a_task_says_how_its_runs_went_lately(
    client: Client, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    now = timezone.now()
    create_task("acme-1", task_name="registry.every", date_started=now - timedelta(seconds=5), date_done=now)
    create_task("acme-2", task_name="registry.every", status="FAILURE")
    create_task("acme-old", task_name="registry.every", date_created=now - timedelta(days=2))
    create_task("acme-other", task_name="other")
    [found] = client.data(HISTORY)["registeredTasks"]
    counts = {told["state"]: told["count"] for told in found["stats"].pop("stateCounts")}
    assert counts == {"SUCCESS": 1, "FAILURE": 1}
    assert found["stats"] == {"count": 2, "successRate": 0.5, "runtime": {"count": 1, "max": 5.0}}
    assert client.data(HISTORY, {"window": "P3D"})["registeredTasks"][0]["stats"]["count"] == 3
    assert client.codes(HISTORY, {"window": "P99999D"}) == ["BAD_USER_INPUT"]
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    [hidden] = client.data(HISTORY, viewer=viewer_with(Action.VIEW, name="other"))["registeredTasks"]
    assert (hidden["stats"]["count"], hidden["stats"]["successRate"]) == (0, None)


def test_the_runs_of_all_tasks_take_the_same_queries_as_those_of_one(client: Client) -> None:
    def cost(search: str) -> int:
        query = "query ($search: String!) { registeredTasks(search: $search) { stats { count } } }"
        client.data(query, {"search": search})
        with CaptureQueriesContext(connection) as captured:
            client.data(query, {"search": search})
        return len(captured)

    [name, *others] = [found["name"] for found in client.data("{ registeredTasks { name } }")["registeredTasks"]]
    assert others
    assert cost("") == cost(name)
