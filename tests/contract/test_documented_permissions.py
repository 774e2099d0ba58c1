"""The permissions that the schema's descriptions name are those that are enforced: no more, no less."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_named_type

from django_celery_results.models import ChordState, Operation
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import global_ids
from django_celery_results.query.filters import NEEDS
from tests.contract.documents import MUTATION_INPUTS, QUERIES, SCHEMA, fields_of, mutation, query
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_chord, create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MakeViewer = Callable[..., Viewer]

READ_ACTIONS = {Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK}
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
"""What to select of a field, by the field's type."""
PATHS = {
    "TaskResult": "{ taskResults(first: 2) { nodes { %s } } }",
    "TaskError": "{ taskResults(first: 2) { nodes { error { %s } } } }",
    "GroupResult": "{ groupResults(first: 2) { nodes { %s } } }",
    "ChordProgress": "{ groupResults(first: 2) { nodes { chord { %s } } } }",
    "Operation": "{ operations(first: 2) { nodes { %s } } }",
    "BulkOperation": "{ operations(filter: {isPart: false}) { nodes { bulk { %s } } } }",
}
"""How to query the fields of a type."""
PERMISSION_OF_PATH = {
    "TaskResult": Action.VIEW,
    "TaskError": Action.VIEW,
    "GroupResult": Action.VIEW_GROUP,
    "ChordProgress": Action.VIEW_GROUP,
    "Operation": Action.VIEW_OPERATION,
    "BulkOperation": Action.VIEW_OPERATION,
}
"""Without this permission a path returns no object at all."""
DIFFERENT_FOR_EACH_VIEWER = {"viewerRetryBlockers", "viewerRevokeBlockers"}


def documented_actions(description: str | None) -> set[Action]:
    """Return the actions whose permissions a description names."""
    return {Action(name) for name in re.findall(r"django_celery_results\.(\w+)", description or "")}


def documented_fields(type_name: str) -> list[str]:
    """Return the fields whose descriptions name a permission."""
    return sorted(name for name, field in fields_of(type_name).items() if documented_actions(field.description))


@pytest.fixture
def variables(db: None) -> dict[str, str]:
    """Rows that set every field; the id of the failed task."""
    group = create_group("acme-g", ["acme-t"])
    group.result = json.dumps([["acme-g", [["acme-p", None], None]], [[["acme-t", None], None]]])
    group.save()
    create_chord("acme-g", ChordState.OPEN, size=3, body_task_id="acme-body")
    create_task("acme-body")
    bulk = Operation.objects.create(action="bulk_retry", state="done", actor_id="0", input='{"args": ["x"]}')
    Operation.objects.create(action="retry", state="done", actor_id="0", task_id="acme-t", bulk=bulk)
    create_task("acme-p", status="PROGRESS", result='{"current": 1}')
    failed = create_task(
        "acme-t",
        status="FAILURE",
        traceback="trace",
        result='{"exc_type": "E", "exc_message": ["m"]}',
        task_args='"[1]"',
        task_kwargs='"{}"',
        meta="{}",
        group_id="acme-g",
    )
    return {"id": global_ids.encode("TaskResult", failed.pk)}


@pytest.mark.parametrize("type_name", sorted(PATHS))
def test_field_needs_exactly_the_permissions_in_its_description(
    client: GraphQLClient, variables: dict[str, str], viewer_with: MakeViewer, type_name: str
) -> None:
    fields = {name: field for name, field in fields_of(type_name).items() if name not in DIFFERENT_FOR_EACH_VIEWER}
    queries = {
        name: PATHS[type_name] % (name + SELECTIONS.get(get_named_type(field.type).name, ""))
        for name, field in fields.items()
    }
    allowed = viewer_with(*Action, name="every permission")
    complete = {name: client.data(document, viewer=allowed) for name, document in queries.items()}
    enforced: dict[str, set[Action]] = {name: set() for name in fields}
    for action in READ_ACTIONS - {PERMISSION_OF_PATH[type_name]}:
        without = viewer_with(*(set(Action) - {action}), name=f"without {action}")
        for name, document in queries.items():
            if client.execute(document, viewer=without).data != complete[name]:
                enforced[name].add(action)
    assert enforced == {
        name: documented_actions(field.description) - {PERMISSION_OF_PATH[type_name]} for name, field in fields.items()
    }


@pytest.mark.parametrize("name", documented_fields("Query"))
def test_query_needs_exactly_the_permission_in_its_description(
    client: GraphQLClient, variables: dict[str, str], viewer_with: MakeViewer, name: str
) -> None:
    [action] = documented_actions(fields_of("Query")[name].description)
    used = variables if "$id" in QUERIES[name] else None
    assert client.codes(query(name), used, viewer_with(action, name="only this")) == []
    [error] = client.execute(query(name), used, viewer_with(*(set(Action) - {action}), name="without")).errors
    assert error["extensions"] == {"code": "FORBIDDEN", "permission": action.permission}


@pytest.mark.parametrize("name", sorted(MUTATION_INPUTS))
def test_mutation_needs_exactly_the_permission_in_its_description(
    client: GraphQLClient, variables: dict[str, str], viewer_with: MakeViewer, name: str
) -> None:
    [action] = documented_actions(fields_of("Mutation")[name].description)
    document = mutation(name, "code ... on ForbiddenError { permission }")
    without = viewer_with(*(set(Action) - {action}), name="without")
    errors = client.data(document, variables, without)[name]["errors"]
    assert errors == [{"code": "FORBIDDEN", "permission": action.permission}]
    payload = client.data(document, variables, viewer_with(Action.VIEW, Action.VIEW_GROUP, action, name="only this"))
    assert "FORBIDDEN" not in [error["code"] for error in payload[name]["errors"]]


def test_override_needs_exactly_the_permission_in_the_descriptions(
    client: GraphQLClient, variables: dict[str, str], viewer_with: MakeViewer
) -> None:
    fields = [fields_of(name)["overrides"] for name in ("RetryTaskInput", "BulkRetryTasksInput")]
    assert [documented_actions(field.description) for field in fields] == [{Action.OVERRIDE}] * 2
    viewer = viewer_with(Action.VIEW, Action.RETRY, name="without")
    for name in ("retryTask", "bulkRetryTasks"):
        document = mutation(name, "... on ForbiddenError { permission }", ", overrides: {priority: 3}")
        assert client.data(document, variables, viewer)[name]["errors"] == [{"permission": Action.OVERRIDE.permission}]


def test_filter_needs_exactly_the_permissions_in_its_description() -> None:
    documented = {name: documented_actions(field.description) for name, field in fields_of("TaskResultFilter").items()}
    enforced = {re.sub(r"_(\w)", lambda match: match[1].upper(), name): {action} for name, action in NEEDS.items()}
    assert {name: actions for name, actions in documented.items() if actions} == {
        **enforced,
        "search": {Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK},
    }


def test_terminate_and_kill_need_the_permissions_in_their_descriptions(
    client: GraphQLClient, variables: dict[str, str], viewer_with: MakeViewer
) -> None:
    for input_type in ("RevokeTaskInput", "BulkRevokeTasksInput", "RevokeGroupInput"):
        assert documented_actions(fields_of(input_type)["terminate"].description) == {Action.TERMINATE}
    signals: Any = SCHEMA.get_type("TerminateSignal")
    assert documented_actions(signals.values["SIGKILL"].description) == {Action.KILL}
    errors = "errors { ... on ForbiddenError { permission } }"
    one = f"{{ revokeTask(input: {{task: {{id: $id}}, terminate: true%s}}) {{ {errors} }} }}"
    bulk = one.replace("revokeTask", "bulkRevokeTasks").replace("task: {id: $id}", "select: {ids: [$id]}")
    revoker = viewer_with(Action.VIEW, Action.REVOKE, name="revoke")
    terminator = viewer_with(Action.VIEW, Action.REVOKE, Action.TERMINATE, name="revoke and terminate")
    for document in (one, bulk):
        for viewer, more_input, lacks in (
            (revoker, "", Action.TERMINATE),
            (terminator, ", signal: SIGKILL", Action.KILL),
        ):
            data = client.data(f"mutation ($id: ID!) {document % more_input}", variables, viewer)
            [payload] = data.values()
            assert payload["errors"] == [{"permission": lacks.permission}]
