"""Whatever a tenant asks, and whichever way it leads: nothing of another tenant's rows is in the answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from graphql_api import global_ids
from graphql_api.engine import Context, GraphQLRequest
from tests.contract.conftest import Client
from tests.contract.documents import documents
from tests.query.rows import at, group, task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FOREIGN = "foreign"
"""In every text of the other tenant's rows but their ids, which rows of one's own may well name."""
LIMITS = {"MAX_COST": 10**9, "MAX_FIELDS": 10**6, "MAX_DEPTH": 30}


def family(tenant: str, other: str, text: str) -> list[str]:
    """Rows of a tenant, each tied in every way to a row of their own and to one of the other's; their global ids."""
    ids = []
    for number in range(4):
        near = tenant if number % 2 else other
        ties = dict.fromkeys(("parent_id", "retried_from"), f"{near}-t{number - 1}")
        row = task(
            f"{tenant}-t{number}",
            status=["SUCCESS", "FAILURE", "PROGRESS", "STARTED"][number],
            result=json.dumps({"exc_type": text, "exc_message": [text], "current": 1, "message": text}),
            **dict.fromkeys(("task_name", "worker", "queue", "periodic_task_name", "traceback", "error_type"), text),
            **dict.fromkeys(("task_args", "task_kwargs", "meta"), json.dumps(text)),
            group_id=f"{near}-g",
            root_id=f"{near}-t0",
            date_created=at(number),
            date_started=at(number),
            **ties,
        )
        ids.append(global_ids.encode("TaskResult", row.pk))
    saved = group(f"{tenant}-g", [f"{owner}-t{number}" for owner in (tenant, other) for number in range(4)])
    return [*ids, global_ids.encode("GroupResult", saved.pk)]


def test_no_document_shows_a_row_of_another_tenant(
    client: Client, viewer_with: Callable[..., Viewer], settings_of_project: None
) -> None:
    ids = [*family("acme", "other", "own"), *family("other", "acme", FOREIGN)]
    viewer = viewer_with(*Action, name="acme")
    engine: Any = client.engine

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(query=documents(engine.documents.schema.type_map), id_=st.sampled_from(ids), number=st.integers(0, 3))
    def check(query: str, id_: str, number: int) -> None:
        known = {"id": id_, "taskId": f"other-t{number}", "yes": True, "no": False, "few": 3}
        used = {name: value for name, value in known.items() if f"${name}" in query}
        done = client.engine.execute(GraphQLRequest(query=query, variables=used), Context(viewer=viewer))
        assert not done.is_request_error, (done.errors, query)
        assert FOREIGN not in json.dumps([done.data, done.errors], default=str), query

    check()
    assert "own" in json.dumps(client.data("{ taskResults { nodes { taskName } } }", viewer=viewer))


@pytest.fixture
def settings_of_project(settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    settings.GRAPHQL_API = LIMITS
