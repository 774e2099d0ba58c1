"""registeredTasks: the tasks of the Celery app, their signatures, and statistics of their runs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.utils import timezone
from pytest_django import Settings

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from tests.celery_app import app
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

QUERY = """query ($search: String! = "") { registeredTasks(search: $search) {
  name doc maxRetries rateLimit timeLimitSeconds signature { name kind annotation isRequired default }
} }"""


@pytest.fixture
def registered() -> Any:
    """A registered task with a parameter of every kind."""

    @app.task(name="registry.every", shared=False, rate_limit="10/m", time_limit=30, max_retries=5)
    def every_parameter(
        a: int, /, b: "str", *rest: Any, c: int | None = None, token: str = "hunter2", **more: Any
    ) -> None:
        """Does it all.

        And more.
        """

    yield every_parameter
    app.tasks.unregister("registry.every")


@pytest.mark.usefixtures("registered")
def test_task_returns_its_docstring_limits_and_signature(client: GraphQLClient) -> None:
    [task] = client.data(QUERY, {"search": "REGISTRY.ev"})["registeredTasks"]
    parameters = task.pop("signature")
    assert task == {
        "name": "registry.every",
        "doc": "Does it all.\n\nAnd more.",
        "maxRetries": 5,
        "rateLimit": "10/m",
        "timeLimitSeconds": 30.0,
    }
    assert [(each["name"], each["kind"], each["annotation"], each["isRequired"]) for each in parameters] == [
        ("a", "POSITIONAL_ONLY", "int", True),
        ("b", "POSITIONAL_OR_KEYWORD", "str", True),
        ("rest", "VAR_POSITIONAL", "Any", False),
        ("c", "KEYWORD_ONLY", "int | None", False),
        ("token", "KEYWORD_ONLY", "str", False),
        ("more", "VAR_KEYWORD", "Any", False),
    ]
    assert parameters[4]["default"] == "[redacted]"


def test_tasks_are_ordered_by_name_without_those_of_celery(client: GraphQLClient) -> None:
    names = [task["name"] for task in client.data(QUERY)["registeredTasks"]]
    assert "tests.tasks.add" in names
    assert names == sorted(names)
    assert not [name for name in names if name.startswith("celery.")]


def test_signature_of_a_bound_task_omits_self(client: GraphQLClient) -> None:
    [task] = client.data(QUERY, {"search": "tests.tasks.progress"})["registeredTasks"]
    assert [(each["name"], each["default"]) for each in task["signature"]] == [("steps", 2), ("pause", 0.1)]


def test_unconfigured_celery_app_has_no_tasks(client: GraphQLClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Celery("default", set_as_current=False)
    monkeypatch.setattr("django_celery_results.registered_tasks.get_current_app", lambda: bare)
    assert client.data(QUERY) == {"registeredTasks": []}


def test_registered_tasks_need_the_view_permission(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], anonymous: Viewer
) -> None:
    assert client.codes(QUERY, viewer=viewer_with(Action.RETRY)) == ["FORBIDDEN"]
    assert client.codes(QUERY, viewer=anonymous) == ["UNAUTHENTICATED"]


STATISTICS = """query ($window: Duration! = "P1D") { registeredTasks(search: "registry.") { name
  stats(window: $window) { count successRate stateCounts { state count } runtime { count max } } } }"""


@pytest.mark.usefixtures("registered")
def test_statistics_count_visible_runs_within_the_window(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    now = timezone.now()
    create_task("acme-1", task_name="registry.every", date_started=now - timedelta(seconds=5), date_done=now)
    create_task("acme-2", task_name="registry.every", status="FAILURE")
    create_task("acme-old", task_name="registry.every", date_created=now - timedelta(days=2))
    create_task("acme-other", task_name="other")
    [task] = client.data(STATISTICS)["registeredTasks"]
    counts = {each["state"]: each["count"] for each in task["stats"].pop("stateCounts")}
    assert counts == {"SUCCESS": 1, "FAILURE": 1}
    assert task["stats"] == {"count": 2, "successRate": 0.5, "runtime": {"count": 1, "max": 5.0}}
    assert client.data(STATISTICS, {"window": "P3D"})["registeredTasks"][0]["stats"]["count"] == 3
    assert client.codes(STATISTICS, {"window": "P99999D"}) == ["BAD_USER_INPUT"]
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    [hidden] = client.data(STATISTICS, viewer=viewer_with(Action.VIEW, name="other"))["registeredTasks"]
    assert (hidden["stats"]["count"], hidden["stats"]["successRate"]) == (0, None)


def test_statistics_of_all_tasks_take_as_many_queries_as_those_of_one(client: GraphQLClient) -> None:
    query = "query ($search: String!) { registeredTasks(search: $search) { name stats { count } } }"
    [name, *others] = [task["name"] for task in client.data(query, {"search": ""})["registeredTasks"]]
    assert others
    assert len(client.sql(query, {"search": ""})) == len(client.sql(query, {"search": name}))
