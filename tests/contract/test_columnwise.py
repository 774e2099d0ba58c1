"""Completing lists by columns returns the same bytes as graphql-core does, for any document and any rows."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import Phase, given
from hypothesis import strategies as st

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query import global_ids
from graphql_api import columnwise
from graphql_api.columnwise import Columnwise
from graphql_api.engine import Context, Engine, GraphQLRequest
from tests.contract.graphql_client import GraphQLClient
from tests.contract.random_documents import random_documents
from tests.factories import create_group, create_task
from tests.random_examples import random_examples

pytestmark = pytest.mark.django_db

SCALARS = """{ taskResults { totalCount edges { cursor } nodes { __typename id taskId status state isReady taskName
  worker retries eta dateCreated dateDone runtimeSeconds parentTaskId } } }"""
GROUPS = "{ groupResults { edges { node { id size tasks(first: 2) { edges { node { id taskId } } } } } } }"
PAYLOADS = "query ($few: Int!) { taskResults { nodes { taskId args { text(maxLength: $few) } result { json } } } }"
UNLIMITED = {"MAX_COST": 10**9, "MAX_FIELDS": 10**6}


@pytest.fixture
def variables(db: None) -> dict[str, Any]:
    """Rows of every shape, and the variables of the random documents, which name some of them."""
    states = ["SUCCESS", "FAILURE", "STARTED", "PROGRESS", "RETRY", "REVOKED", "PENDING", "no such state"]
    rows = [
        create_task(
            f"task-{number}",
            status=state,
            task_name=None if number % 3 == 0 else "shop.charge",
            worker=None if number % 2 else "w@one",
            result=["null", '{"a": 1}', "not json", None][number % 4],
            task_args=["[1, 2]", None][number % 2],
            date_started=None if number % 2 else timezone.now() - timedelta(seconds=number),
            traceback="Traceback" if state == "FAILURE" else None,
            group_id="group" if number % 3 else None,
            parent_id=f"task-{number - 1}" if number else None,
            root_id="task-0",
        )
        for number, state in enumerate(states)
    ]
    create_group("group", ["task-0", "task-1", "task-4"])
    create_group("other", ["task-2", "none yet"])
    create_group("unread", [], content_type="x", content_encoding="x")
    id_ = global_ids.encode("TaskResult", rows[1].pk)
    return {"id": id_, "taskId": "task-2", "yes": True, "no": False, "few": 1}


@pytest.fixture
def reader(viewer_with: Callable[..., Viewer]) -> Viewer:
    """A viewer without the permissions for groups, payloads and tracebacks."""
    return viewer_with(Action.VIEW)


def response_text(
    engine: Engine, query: str, variables: dict[str, Any], *, by_column: bool, viewer: Viewer = SYSTEM
) -> str:
    """Return the response as JSON, without the random ids of internal errors."""
    with override_settings(GRAPHQL_API={**UNLIMITED, "COLUMNWISE": by_column}):
        response = engine.execute(GraphQLRequest(query=query, variables=variables), Context(viewer=viewer))
    assert not response.is_request_error, (response.errors, query)
    return re.sub('"errorId": "[0-9a-f]+"', "", json.dumps([response.data, response.errors], default=str))


def check_random_documents(engine: Any, variables: dict[str, Any], reader: Viewer, count: int) -> None:
    @random_examples(count, phases=[Phase.generate])
    @given(query=random_documents(engine.documents.schema.type_map), viewer=st.sampled_from([SYSTEM, reader]))
    def check(query: str, viewer: Viewer) -> None:
        used = {name: value for name, value in variables.items() if f"${name}" in query}
        by_column, by_field = (
            response_text(engine, query, used, by_column=way, viewer=viewer) for way in (True, False)
        )
        assert by_column == by_field, query

    check()


@pytest.mark.timeout(600)  # it takes seconds on a quiet machine
def test_random_documents_return_the_same_bytes_by_column_and_by_field(
    engine: Engine, variables: dict[str, Any], reader: Viewer
) -> None:
    check_random_documents(engine, variables, reader, 100)


@pytest.mark.heavy
@pytest.mark.timeout(2400)
def test_5000_random_documents_return_the_same_bytes_by_column_and_by_field(
    engine: Engine, variables: dict[str, Any], reader: Viewer
) -> None:
    check_random_documents(engine, variables, reader, 5_000)


def executor_of_graphql_core(engine: Any) -> type:
    """Return the class that the engine's executor extends."""
    ours: type = engine.executor
    base: type = next(kind for kind in ours.__mro__ if kind not in (ours, Columnwise))
    return base


@pytest.mark.parametrize("query", [SCALARS, GROUPS, PAYLOADS], ids=["scalars", "groups", "payloads"])
def test_lists_are_completed_by_column_unless_the_setting_turns_it_off(
    client: GraphQLClient, variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    used = {"few": 1} if "$few" in query else {}
    expected = client.data(query, used)

    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("graphql-core completed the list")

    monkeypatch.setattr(executor_of_graphql_core(client.engine), "complete_list_value", fail)
    assert client.data(query, used) == expected
    with override_settings(GRAPHQL_API={"COLUMNWISE": False}):
        assert client.execute(query, used).data is None


def test_plan_is_made_once_per_document(
    client: GraphQLClient, variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "query Planned { taskResults(first: 4) { nodes { id taskId } } }"
    first = client.data(query)
    monkeypatch.setattr(columnwise, "Planner", None)
    assert client.data(query) == first


def test_graphql_core_completes_lists_where_no_plan_can_be_made(
    client: GraphQLClient, variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise TypeError("a newer graphql-core takes other arguments")

    expected = client.data(SCALARS)
    monkeypatch.setattr(columnwise, "Planner", fail)
    assert client.data(f"{SCALARS} # another text, which has no plan yet") == expected


def test_cached_plan_uses_the_variables_of_each_request(client: GraphQLClient, variables: dict[str, Any]) -> None:
    query = """query ($few: Int = 5, $field: TaskResultOrderField = DATE_DONE) { groupResults { nodes {
      tasks(first: $few, orderBy: {field: $field}) { nodes { taskId status } } } } }"""
    for given_variables in ({"few": 1}, {"few": 2, "field": "DATE_CREATED"}, {}, {"few": -1}):
        by_column, by_field = (
            response_text(client.engine, query, given_variables, by_column=way) for way in (True, False)
        )
        assert by_column == by_field


def test_cached_plan_evaluates_directives_for_each_request(client: GraphQLClient, variables: dict[str, Any]) -> None:
    query = "query ($yes: Boolean!) { taskResults(first: 1) { nodes { taskId status @include(if: $yes) } } }"
    for yes in (True, False, True):
        assert ("status" in client.data(query, {"yes": yes})["taskResults"]["nodes"][0]) is yes
