"""What descriptions say of permissions is what is enforced: no more, no less."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema, get_named_type

from django_celery_results.models import Operation
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.filters import NEEDS
from graphql_api import global_ids
from tests.contract.conftest import Client
from tests.contract.test_access import ORDERS, READS, mutation
from tests.contract.test_chords import start
from tests.factories import create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
Viewers = Callable[..., Viewer]


def needs(text: str | None) -> set[Action]:
    return {Action(name) for name in re.findall(r"django_celery_results\.(\w+)", text or "")}


def fields_of(name: str) -> dict[str, Any]:
    found = SCHEMA.get_type(name)
    assert isinstance(found, GraphQLObjectType | GraphQLInputObjectType)
    return dict(found.fields)


@pytest.fixture
def variables(db: None) -> dict[str, str]:
    stored: dict[str, Any] = {"task_args": '"[1]"', "task_kwargs": '"{}"', "meta": "{}", "group_id": "acme-g"}
    saved = create_group("acme-g", ["acme-t"])
    saved.result = json.dumps([["acme-g", [["acme-p", None], None]], [[["acme-t", None], None]]])
    saved.save()
    start("acme-g", body="acme-body")
    create_task("acme-body")
    many = Operation.objects.create(action="bulk_retry", state="done", actor_id="0", input='{"args": ["x"]}')
    Operation.objects.create(action="retry", state="done", actor_id="0", task_id="acme-t", bulk=many)
    create_task("acme-p", status="PROGRESS", result='{"current": 1}')
    row = create_task(
        "acme-t", status="FAILURE", traceback="trace", result='{"exc_type": "E", "exc_message": ["m"]}', **stored
    )
    return {"id": global_ids.encode("TaskResult", row.pk)}


SELECTIONS = {
    "SerializedValue": "{ text }",
    "TaskError": "{ type }",
    "TaskProgress": "{ current }",
    "TaskResult": "{ taskId }",
    "GroupResult": "{ groupId }",
    "ChordProgress": "{ state }",
    "StateCount": "{ count }",
    "TaskWorkflow": "{ tasks { taskId } }",
    "TaskResultConnection": "{ nodes { taskId } }",
    "Operation": "{ action }",
    "OperationConnection": "{ nodes { action } }",
    "BulkOperation": "{ doneCount }",
}
PATHS = {
    "TaskResult": "{ taskResults(first: 2) { nodes { %s } } }",
    "TaskError": "{ taskResults(first: 2) { nodes { error { %s } } } }",
    "GroupResult": "{ groupResults(first: 2) { nodes { %s } } }",
    "ChordProgress": "{ groupResults(first: 2) { nodes { chord { %s } } } }",
    "Operation": "{ operations(first: 2) { nodes { %s } } }",
    "BulkOperation": "{ operations(filter: {isPart: false}) { nodes { bulk { %s } } } }",
}
TAKEN = {
    "TaskResult": Action.VIEW,
    "TaskError": Action.VIEW,
    "GroupResult": Action.VIEW_GROUP,
    "ChordProgress": Action.VIEW_GROUP,
    "Operation": Action.VIEW_OPERATION,
    "BulkOperation": Action.VIEW_OPERATION,
}
"""What leads to the type at all."""
OF_VIEWERS = {"viewerRetryBlockers", "viewerRevokeBlockers"}
"""Tell each viewer what they lack."""


@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_field_needs_what_its_description_says(
    client: Client, variables: dict[str, str], viewer_with: Viewers, name: str
) -> None:
    fields = {field: known for field, known in fields_of(name).items() if field not in OF_VIEWERS}
    queries = {
        field: PATHS[name] % (field + SELECTIONS.get(get_named_type(known.type).name, ""))
        for field, known in fields.items()
    }
    everything = viewer_with(*Action, name="everything")
    complete = {field: client.data(query, viewer=everything) for field, query in queries.items()}
    found: dict[str, set[Action]] = {field: set() for field in fields}
    for action in {Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK} - {TAKEN[name]}:
        without = viewer_with(*(set(Action) - {action}), name=f"without {action}")
        for field, query in queries.items():
            if client.execute(query, viewer=without).data != complete[field]:
                found[field].add(action)
    assert found == {field: needs(known.description) - {TAKEN[name]} for field, known in fields.items()}


@pytest.mark.parametrize("name", sorted(name for name, field in fields_of("Query").items() if needs(field.description)))
def test_a_question_needs_what_its_description_says(
    client: Client, variables: dict[str, str], viewer_with: Viewers, name: str
) -> None:
    [action] = needs(fields_of("Query")[name].description)
    query = READS.get(name, "{ operations { nodes { id } } }")
    asked = f"query ($id: ID!) {query}" if "$id" in query else query
    given = variables if "$id" in query else None
    assert client.codes(asked, given, viewer_with(action, name="only")) == []
    [error] = client.execute(asked, given, viewer_with(*(set(Action) - {action}), name="without")).errors
    assert error["extensions"] == {"code": "FORBIDDEN", "permission": action.permission}


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_an_order_needs_what_its_description_says(
    client: Client, variables: dict[str, str], viewer_with: Viewers, name: str
) -> None:
    [action] = needs(fields_of("Mutation")[name].description)
    query = mutation(name, "code ... on ForbiddenError { permission }")
    without = viewer_with(*(set(Action) - {action}), name="without")
    refused = client.data(query, variables, without)[name]["errors"]
    assert refused == [{"code": "FORBIDDEN", "permission": action.permission}]
    answer = client.data(query, variables, viewer_with(Action.VIEW, Action.VIEW_GROUP, action, name="only"))
    assert "FORBIDDEN" not in [error["code"] for error in answer[name]["errors"]]


def test_a_filter_needs_what_its_description_says() -> None:
    described = {name: needs(field.description) for name, field in fields_of("TaskResultFilter").items()}
    enforced = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): {action} for name, action in NEEDS.items()}
    assert {name: actions for name, actions in described.items() if actions} == {
        **enforced,
        "search": {Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK},
    }


def test_ending_a_task_needs_what_its_input_says(
    client: Client, variables: dict[str, str], viewer_with: Viewers
) -> None:
    [terminate] = needs(fields_of("RevokeTaskInput")["terminate"].description)
    [terminate_many] = needs(fields_of("BulkRevokeTasksInput")["terminate"].description)
    signals: Any = SCHEMA.get_type("TerminateSignal")
    [kill] = needs(signals.values["SIGKILL"].description)
    assert (terminate, terminate_many, kill) == (Action.TERMINATE, Action.TERMINATE, Action.KILL)
    assert needs(fields_of("RevokeGroupInput")["terminate"].description) == {Action.TERMINATE}
    errors = "errors { ... on ForbiddenError { permission } }"
    one = f"{{ revokeTask(input: {{task: {{id: $id}}, terminate: true%s}}) {{ {errors} }} }}"
    many = one.replace("revokeTask", "bulkRevokeTasks").replace("task: {id: $id}", "select: {ids: [$id]}")
    for query in (one, many):
        revoker, ender = (Action.VIEW, Action.REVOKE), (Action.VIEW, Action.REVOKE, Action.TERMINATE)
        for actions, more, lacks in ((revoker, "", terminate), (ender, ", signal: SIGKILL", kill)):
            viewer = viewer_with(*actions, name=f"{lacks} {query is one}")
            data = client.data(f"mutation ($id: ID!) {query % more}", variables, viewer)
            [payload] = data.values()
            assert payload["errors"] == [{"permission": lacks.permission}]
