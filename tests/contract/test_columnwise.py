"""Column by column or field by field: the same bytes by every engine, whatever is asked and whatever the rows hold."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from graphql_api import columnwise
from graphql_api.columnwise import Columnwise
from graphql_api.engine import Context, Engine, GraphQLRequest
from tests.contract.conftest import Client
from tests.contract.documents import documents

pytestmark = pytest.mark.django_db

PLAIN = """{ taskResults { totalCount edges { cursor } nodes { __typename id taskId status state isReady taskName worker
  retries eta dateCreated dateDone runtimeSeconds parentTaskId } } }"""
GROUPS = "{ groupResults { edges { node { id size tasks(first: 2) { edges { node { id taskId } } } } } } }"
VALUES = "query ($few: Int!) { taskResults { nodes { taskId args { text(maxLength: $few) } result { json } } } }"
UNLIMITED = {"MAX_COST": 10**9, "MAX_FIELDS": 10**6}


@pytest.fixture
def known(db: None) -> dict[str, Any]:
    """Rows of every shape, and what the documents name."""
    states = ["SUCCESS", "FAILURE", "STARTED", "PROGRESS", "RETRY", "REVOKED", "PENDING", "no such state"]
    rows = [
        TaskResult.objects.create(
            task_id=f"task-{number}",
            status=state,
            task_name=None if number % 3 == 0 else "shop.charge",
            worker=None if number % 2 else "w@one",
            result=["null", '{"a": 1}', "not json", None][number % 4],
            task_args=["[1, 2]", None][number % 2],
            content_type="application/json",
            content_encoding="utf-8",
            date_started=None if number % 2 else timezone.now() - timedelta(seconds=number),
            traceback="Traceback" if state == "FAILURE" else None,
            group_id="group" if number % 3 else None,
            parent_id=f"task-{number - 1}" if number else None,
            root_id="task-0",
        )
        for number, state in enumerate(states)
    ]
    for name, ids in {"group": ["task-0", "task-1", "task-4"], "other": ["task-2", "none yet"]}.items():
        members = [[[task_id, None], None] for task_id in ids]
        GroupResult.objects.create(
            group_id=name,
            result=json.dumps([[name, None], members]),
            content_type="application/json",
            content_encoding="utf-8",
        )
    GroupResult.objects.create(group_id="unread", result="x", content_type="x", content_encoding="x")
    return {"rows": rows, "taskId": "task-2", "yes": True, "no": False, "few": 1}


@pytest.fixture
def reader(viewer_with: Callable[..., Viewer]) -> Viewer:
    """Somebody who is refused groups, payloads and tracebacks."""
    return viewer_with(Action.VIEW)


def answer(of: Engine, query: str, variables: dict[str, Any], *, by_column: bool, viewer: Viewer = SYSTEM) -> str:
    with override_settings(GRAPHQL_API={**UNLIMITED, "COLUMNWISE": by_column}):
        done = of.execute(GraphQLRequest(query=query, variables=variables), Context(viewer=viewer))
    assert not done.is_request_error, (done.errors, query)
    return re.sub('"errorId": "[0-9a-f]+"', "", json.dumps([done.data, done.errors], default=str))


def check_random_documents(engine: Any, known: dict[str, Any], reader: Viewer, count: int) -> None:
    client = Client(engine=engine, viewer=SYSTEM)
    id_ = client.data('{ taskResult(ref: {taskId: "task-1"}) { id } }')["taskResult"]["id"]
    variables = {"id": id_, **{name: value for name, value in known.items() if name != "rows"}}

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(query=documents(engine.documents.schema.type_map), viewer=st.sampled_from([SYSTEM, reader]))
    def check(query: str, viewer: Viewer) -> None:
        used = {name: value for name, value in variables.items() if f"${name}" in query}
        by_column, by_field = (answer(engine, query, used, by_column=way, viewer=viewer) for way in (True, False))
        assert by_column == by_field, query

    check()


def test_random_documents_are_answered_by_the_same_bytes(engine: Engine, known: dict[str, Any], reader: Viewer) -> None:
    check_random_documents(engine, known, reader, 100)


@pytest.mark.heavy
@pytest.mark.timeout(2400)
def test_many_random_documents_are_answered_by_the_same_bytes(
    engine: Engine, known: dict[str, Any], reader: Viewer
) -> None:
    check_random_documents(engine, known, reader, 5_000)


def stock_executor(engine: Any) -> type:
    """What ours adds to."""
    ours: type = engine.executor
    found: type = next(kind for kind in ours.__mro__ if kind not in (ours, Columnwise))
    return found


@pytest.mark.parametrize("query", [PLAIN, GROUPS, VALUES], ids=["rows", "groups", "values"])
def test_pages_are_completed_without_graphql_core(
    client: Client, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    variables = {"few": 1} if "$few" in query else {}
    expected = client.data(query, variables)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("graphql-core completed the list")

    monkeypatch.setattr(stock_executor(client.engine), "complete_list_value", never)
    assert client.data(query, variables) == expected
    with override_settings(GRAPHQL_API={"COLUMNWISE": False}):
        assert client.execute(query, variables).data is None


def test_a_plan_is_made_once_per_document(
    client: Client, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "query Planned { taskResults(first: 4) { nodes { id taskId } } }"
    first = client.data(query)
    monkeypatch.setattr(columnwise, "Planner", None)
    assert client.data(query) == first


def test_where_graphql_core_changed_its_own_way_remains(
    client: Client, known: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: Any) -> None:
        raise TypeError("takes other arguments by now")

    expected = client.data(PLAIN)
    monkeypatch.setattr(columnwise, "Planner", changed)
    assert client.data(f"{PLAIN} # a text whose plan is not made yet") == expected


def test_a_kept_plan_takes_the_variables_of_each_request(client: Client, known: dict[str, Any]) -> None:
    query = """query ($few: Int = 5, $field: TaskResultOrderField = DATE_DONE) { groupResults { nodes {
      tasks(first: $few, orderBy: {field: $field}) { nodes { taskId status } } } } }"""
    for variables in ({"few": 1}, {"few": 2, "field": "DATE_CREATED"}, {}, {"few": -1}):
        by_column, by_field = (answer(client.engine, query, variables, by_column=way) for way in (True, False))
        assert by_column == by_field


def test_directives_are_heeded_with_every_set_of_variables(client: Client, known: dict[str, Any]) -> None:
    query = "query ($yes: Boolean!) { taskResults(first: 1) { nodes { taskId status @include(if: $yes) } } }"
    for yes in (True, False, True):
        assert ("status" in client.data(query, {"yes": yes})["taskResults"]["nodes"][0]) is yes
