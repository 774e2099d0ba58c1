"""Tenant isolation: no query, by any path of fields, returns anything of another tenant's rows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_named_type, is_interface_type, is_object_type
from pytest_django import Settings

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import global_ids
from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_failed_task, create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FOREIGN = "foreign"
"""The text of every column of the other tenant's rows but their ids, which the viewer's own rows may name."""
NO_LIMITS = dict.fromkeys(("MAX_COST", "MAX_FIELDS", "MAX_DEPTH", "MAX_TOKENS", "MAX_DOCUMENT_BYTES"), 10**18)


def create_linked_tasks(tenant: str, other: str, text: str) -> list[str]:
    """Create tasks of a tenant, linked in every way to tasks of both tenants. Return their global ids."""
    ids = []
    for number in range(4):
        linked_tenant = tenant if number % 2 else other
        row = create_task(
            f"{tenant}-t{number}",
            status=["SUCCESS", "FAILURE", "PROGRESS", "STARTED"][number],
            result=json.dumps({"exc_type": text, "exc_message": [text], "current": 1, "message": text}),
            **dict.fromkeys(("task_name", "worker", "queue", "periodic_task_name", "traceback", "error_type"), text),
            **dict.fromkeys(("task_args", "task_kwargs", "meta"), json.dumps(text)),
            group_id=f"{linked_tenant}-g",
            root_id=f"{linked_tenant}-t0",
            parent_id=f"{linked_tenant}-t{number - 1}",
            retried_from=f"{linked_tenant}-t{number - 1}",
            date_created=at(number),
            date_started=at(number),
        )
        ids.append(global_ids.encode("TaskResult", row.pk))
    create_group(f"{tenant}-g", [f"{owner}-t{number}" for owner in (tenant, other) for number in range(4)])
    return ids


def select_all_fields(schema: Any, kind: Any, depth: int) -> str:
    """Return a selection of every field of a type, and of every field up to `depth` rows below it."""
    return " ".join(filter(None, (select_field(schema, name, field, depth) for name, field in kind.fields.items())))


def select_field(schema: Any, name: str, field: Any, depth: int) -> str:
    kind = get_named_type(field.type)
    arguments = ARGUMENTS.get(name, "") if field.args else ""
    if is_interface_type(kind):
        inner = select_all_fields(schema, schema.type_map["TaskResult"], depth - 1)
        return f"{name}{arguments} {{ __typename ... on TaskResult {{ {inner} }} }}"
    if not is_object_type(kind):
        return name + arguments
    # Only rows count towards the depth: connections and aggregates lead to rows.
    inner = select_all_fields(schema, kind, depth - (kind.name in ROW_TYPES)) if depth else ""
    return f"{name}{arguments} {{ {inner} }}" if inner else ""


ROW_TYPES = ("TaskResult", "GroupResult")
ARGUMENTS = {
    "node": "(id: $id)",
    "taskResult": "(ref: {id: $id})",
    "groupResult": '(groupId: "other-g")',
    "groups": "(by: [TASK_NAME])",
    "timeSeries": "(unit: DAY, by: TASK_NAME)",
    "suggest": "(field: TASK_NAME)",
    "percentile": "(p: 50)",
}
HIDDEN_RUN = {"POLICY": "tests.contract.policies.TenantPolicy"}
"""Settings under which `acme` sees `acme-t`, and not its further run `other-again`."""


@pytest.fixture
def acme(viewer_with: Callable[..., Viewer], settings: Settings) -> Viewer:
    create_task("acme-t", status="FAILURE")
    create_task("other-again", retried_from="acme-t")
    settings.DJANGO_CELERY_RESULTS = HIDDEN_RUN
    return viewer_with(*Action, name="acme")


def test_run_of_another_tenant_is_not_named_where_it_stands_against_a_retry(
    client: GraphQLClient, acme: Viewer
) -> None:
    blockers = "{ taskResults { nodes { viewerRetryBlockers { code message } } } }"
    retry = """mutation { retryTask(input: {task: {taskId: "acme-t"}, dryRun: %s}) {
      errors { ... on NotRetryableError { blockers { code message } } } } }"""
    bulk = """mutation { bulkRetryTasks(input: {select: {taskIds: ["acme-t"]}, options: {dryRun: %s}}) {
      items { error { code message } } } }"""
    documents = [blockers, *(document % dry for document in (retry, bulk) for dry in ("true", "false"))]
    answers = [json.dumps(client.data(document, viewer=acme)) for document in documents]
    assert ["ALREADY_RETRIED" in answer for answer in answers] == [True] * 5
    assert ["other-again" in answer for answer in answers] == [False] * 5
    create_task("acme-again", retried_from="acme-t")
    assert "as acme-again:" in json.dumps(client.data(blockers, viewer=acme))


def test_run_of_another_tenant_does_not_count_as_a_retry_in_filters(client: GraphQLClient, acme: Viewer) -> None:
    query = """query ($was: Boolean) { taskResults(filter: {or: [{wasRetried: $was}]}) { totalCount }
      taskResultStats(filter: {wasRetried: $was}) { total { count } } }"""

    def count(was: bool) -> tuple[int, int]:
        data = client.data(query, {"was": was}, acme)
        return data["taskResults"]["totalCount"], data["taskResultStats"]["total"]["count"]

    assert (count(True), count(False)) == ((0, 0), (1, 1))
    create_task("acme-again", retried_from="acme-t")
    assert (count(True), count(False)) == ((1, 1), (1, 1))


def test_new_run_is_not_returned_to_a_viewer_who_may_not_see_it(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    create_failed_task("acme-t")
    settings.DJANGO_CELERY_RESULTS = HIDDEN_RUN
    document = """mutation { retryTask(input: {task: {taskId: "acme-t"}}) {
      taskId newTask { taskId } errors { __typename } } }"""
    payload = client.data(document, viewer=viewer_with(*Action, name="acme"))["retryTask"]
    assert (payload["newTask"], payload["errors"]) == (None, [])
    assert not payload["taskId"].startswith("acme")


ROOTS = ("node", "taskResult", "taskResults", "groupResult", "groupResults", "taskResultStats", "suggest")


@pytest.mark.parametrize("root", ROOTS)
def test_no_path_from_a_root_field_returns_a_row_of_another_tenant(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings, root: str
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    settings.GRAPHQL_API = NO_LIMITS
    own_ids = create_linked_tasks("acme", "other", "own")
    foreign_ids = create_linked_tasks("other", "acme", FOREIGN)
    engine: Any = client.engine
    schema = engine.documents.schema
    selection = select_field(schema, root, schema.query_type.fields[root], 2)
    takes_id = "$id" in selection
    query = f"query ($id: ID!) {{ {selection} }}" if takes_id else f"{{ {selection} }}"
    viewer = viewer_with(*Action, name="acme")
    for id_ in (*own_ids, *foreign_ids) if takes_id else ("",):
        response = client.execute(query, {"id": id_}, viewer)
        assert not response.is_request_error, response.errors
        assert FOREIGN not in json.dumps([response.data, response.errors], default=str)
        assert ("own" in json.dumps(response.data)) is (id_ not in foreign_ids and root != "groupResult")
