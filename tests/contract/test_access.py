"""Access: every root field and every mutation, for every kind of viewer, on both engines."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import global_ids
from graphql_api.engine import GraphQLResponse
from tests.contract.documents import MUTATION_INPUTS, QUERIES, fields_of, mutation, query
from tests.contract.graphql_client import GraphQLClient, error_codes
from tests.contract.policies import RecordingPolicy
from tests.factories import create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

MakeViewer = Callable[..., Viewer]

WITHOUT_ROWS = {"viewer", "service"}
"""Every authenticated viewer may query these: they return no rows."""
AUDIT = {"operations"}
OF_GROUPS = {"groupResult", "groupResults"}
SAME_FOR_EVERY_TENANT = {"registeredTasks"}
"""The project's code."""
TASKS_AND_GROUPS = set(QUERIES) - WITHOUT_ROWS - AUDIT
ROOT_FIELDS = {*QUERIES, *MUTATION_INPUTS}
ACCESS_CODES = {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"}

READABLE = {*TASKS_AND_GROUPS, *WITHOUT_ROWS}
VIEWERS: dict[str, tuple[tuple[Action, ...], set[str]]] = {
    "no permission": ((), {*WITHOUT_ROWS}),
    "no payloads": ((Action.VIEW, Action.VIEW_GROUP), READABLE),
    "all reads": ((Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK), READABLE),
    "audit": ((Action.VIEW_OPERATION,), {*WITHOUT_ROWS, *AUDIT}),
    "retry": ((Action.VIEW, Action.RETRY), {*READABLE, "retryTask", "bulkRetryTasks"} - OF_GROUPS),
    "revoke": (
        (Action.VIEW, Action.REVOKE),
        {*READABLE, "revokeTask", "bulkRevokeTasks", "revokeGroup"} - OF_GROUPS,
    ),
    "every permission": (tuple(Action), ROOT_FIELDS),
}
"""Permissions, and the root fields that they allow. Every other root field is forbidden."""


def run_query(client: GraphQLClient, name: str, task: TaskResult, viewer: Viewer) -> GraphQLResponse:
    variables = {"id": global_ids.encode("TaskResult", task.pk)} if "$id" in QUERIES[name] else None
    return client.execute(query(name), variables, viewer)


def run_mutation(client: GraphQLClient, name: str, task: TaskResult, viewer: Viewer, more_input: str = "") -> list[str]:
    """Run a mutation and return the codes of its payload's errors."""
    variables = {"id": global_ids.encode("TaskResult", task.pk)}
    data: Any = client.execute(mutation(name, more_input=more_input), variables, viewer).data
    return [error["code"] for error in data[name]["errors"]]


def access_errors(client: GraphQLClient, name: str, task: TaskResult, viewer: Viewer) -> set[str]:
    """Run a query, or a dry run of a mutation, and return the codes that deny access."""
    if name in QUERIES:
        return ACCESS_CODES & set(error_codes(run_query(client, name, task, viewer)))
    dry_run = ", dryRun: true" if "task:" in MUTATION_INPUTS[name] else ", options: {dryRun: true}"
    return ACCESS_CODES & set(run_mutation(client, name, task, viewer, dry_run))


def has_rows(value: Any) -> bool:
    """Return whether any leaf of the response data is set."""
    if isinstance(value, dict):
        return any(has_rows(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_rows(inner) for inner in value)
    return bool(value)


def test_access_matrix_names_every_root_field() -> None:
    assert set(fields_of("Query")) == set(QUERIES)
    assert set(fields_of("Mutation")) == set(MUTATION_INPUTS)


@pytest.mark.parametrize("name", sorted(ROOT_FIELDS))
def test_root_field_is_allowed_to_exactly_the_viewers_with_its_permissions(
    client: GraphQLClient,
    acme_task: TaskResult,
    anonymous: Viewer,
    superuser: Viewer,
    viewer_with: MakeViewer,
    name: str,
) -> None:
    assert access_errors(client, name, acme_task, anonymous) in ({"UNAUTHENTICATED"}, {"FORBIDDEN"})
    for kind, (permissions, allowed) in VIEWERS.items():
        expected = set() if name in allowed else {"FORBIDDEN"}
        assert access_errors(client, name, acme_task, viewer_with(*permissions, name=kind)) == expected, kind
    assert access_errors(client, name, acme_task, superuser) == set()


@pytest.mark.parametrize("name", sorted(ROOT_FIELDS - WITHOUT_ROWS))
def test_root_field_with_rows_consults_the_policy(
    client: GraphQLClient, acme_task: TaskResult, superuser: Viewer, settings: Settings, name: str
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.RecordingPolicy"}
    RecordingPolicy.actions.clear()
    access_errors(client, name, acme_task, superuser)
    assert RecordingPolicy.actions


@pytest.mark.parametrize("name", sorted(TASKS_AND_GROUPS))
class TestQueries:
    def test_query_of_an_anonymous_viewer_is_unauthenticated(
        self, client: GraphQLClient, acme_task: TaskResult, anonymous: Viewer, name: str
    ) -> None:
        response = run_query(client, name, acme_task, anonymous)
        assert error_codes(response) == ["UNAUTHENTICATED"]
        assert not has_rows(response.data)

    def test_query_without_permission_is_forbidden_and_names_the_permission(
        self, client: GraphQLClient, acme_task: TaskResult, viewer_with: MakeViewer, name: str
    ) -> None:
        response = run_query(client, name, acme_task, viewer_with(Action.RETRY))
        needed = Action.VIEW_GROUP if name in OF_GROUPS else Action.VIEW
        [error] = response.errors
        assert error["extensions"] == {"code": "FORBIDDEN", "permission": needed.permission}
        assert not has_rows(response.data)

    def test_query_with_permission_returns_rows(
        self, client: GraphQLClient, acme_task: TaskResult, viewer_with: MakeViewer, name: str
    ) -> None:
        response = run_query(client, name, acme_task, viewer_with(Action.VIEW, Action.VIEW_GROUP))
        assert error_codes(response) == []
        assert has_rows(response.data)

    def test_query_returns_no_rows_of_another_tenant(
        self, client: GraphQLClient, acme_task: TaskResult, viewer_with: MakeViewer, settings: Settings, name: str
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
        permissions = (Action.VIEW, Action.VIEW_GROUP)
        assert has_rows(run_query(client, name, acme_task, viewer_with(*permissions, name="acme")).data)
        response = run_query(client, name, acme_task, viewer_with(*permissions, name="other"))
        assert error_codes(response) == []
        assert has_rows(response.data) == (name in SAME_FOR_EVERY_TENANT)


@pytest.mark.parametrize("name", sorted(MUTATION_INPUTS))
class TestMutations:
    def test_mutation_without_its_permission_is_forbidden_and_changes_nothing(
        self, client: GraphQLClient, acme_task: TaskResult, anonymous: Viewer, viewer_with: MakeViewer, name: str
    ) -> None:
        reads = (Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK, Action.VIEW_OPERATION)
        for viewer in (anonymous, viewer_with(name="no permission"), viewer_with(*reads, name="all reads")):
            assert run_mutation(client, name, acme_task, viewer) == ["FORBIDDEN"]
        assert not Operation.objects.exclude(state="refused").exists()
        assert TaskResult.objects.get().status == "FAILURE"

    def test_mutation_does_not_find_a_task_of_another_tenant(
        self, client: GraphQLClient, acme_task: TaskResult, viewer_with: MakeViewer, settings: Settings, name: str
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
        matches_nothing = name.startswith("bulk") or name == "revokeGroup"
        codes = run_mutation(client, name, acme_task, viewer_with(*Action, name="other"))
        assert codes == ([] if matches_nothing else ["NOT_FOUND"])
        assert TaskResult.objects.get().status == "FAILURE"


def test_viewer_field_lists_the_viewers_permissions(
    client: GraphQLClient, viewer_with: MakeViewer, anonymous: Viewer
) -> None:
    document = "{ viewer { username permissions canView canRetry } service { version schemaHash maxPageSize } }"
    data = client.data(document, viewer=viewer_with(Action.VIEW, name="ann"))
    assert data["viewer"] == {
        "username": "ann",
        "permissions": ["django_celery_results.view_taskresult"],
        "canView": True,
        "canRetry": False,
    }
    assert set(client.codes(document, viewer=anonymous)) == {"UNAUTHENTICATED"}


def test_blockers_list_the_errors_that_an_action_would_return(
    client: GraphQLClient, acme_task: TaskResult, viewer_with: MakeViewer
) -> None:
    document = "{ taskResults { nodes { viewerRetryBlockers { code } viewerRevokeBlockers { code message } } } }"
    [node] = client.data(document)["taskResults"]["nodes"]
    assert [blocker["code"] for blocker in node["viewerRetryBlockers"]] == ["ARGUMENTS_UNAVAILABLE"]
    assert [blocker["code"] for blocker in node["viewerRevokeBlockers"]] == ["ALREADY_FINISHED"]
    [node] = client.data(document, viewer=viewer_with(Action.VIEW))["taskResults"]["nodes"]
    assert "FORBIDDEN" in [blocker["code"] for blocker in node["viewerRetryBlockers"]]


def test_operations_need_their_permission_and_stay_within_a_tenant(
    client: GraphQLClient, viewer_with: MakeViewer, settings: Settings
) -> None:
    ann = viewer_with(Action.VIEW, Action.VIEW_OPERATION, name="ann")
    for name, actor in (("by-ann", ann.pk), ("by-bob", "0")):
        Operation.objects.create(action="retry", state="done", actor_id=actor, actor_name=name, input='{"a": 1}')
    document = """query ($filter: OperationFilter) { operations(filter: $filter) { totalCount nodes {
      id actor action state input } } }"""
    assert client.codes(document, viewer=viewer_with(Action.VIEW, name="bob")) == ["FORBIDDEN"]
    nodes = client.data(document, viewer=ann)["operations"]["nodes"]
    assert [node["actor"] for node in nodes] == ["by-bob", "by-ann"]
    assert nodes[0] == {**nodes[0], "action": "retry", "state": "DONE", "input": {"a": 1}}
    by_bob = client.data(document, {"filter": {"actor": {"eq": "by-bob"}}}, viewer=ann)
    assert by_bob["operations"]["totalCount"] == 1
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    assert [node["actor"] for node in client.data(document, viewer=ann)["operations"]["nodes"]] == ["by-ann"]
    foreign = client.data("query ($id: ID!) { node(id: $id) { id } }", {"id": nodes[0]["id"]}, viewer=ann)
    assert foreign == {"node": None}


def test_admin_url_is_returned_to_staff_only(client: GraphQLClient, viewer_with: MakeViewer) -> None:
    row = create_task("t")
    document = "{ taskResults { nodes { adminUrl } } }"
    [node] = client.data(document)["taskResults"]["nodes"]
    assert node["adminUrl"] == f"/admin/django_celery_results/taskresult/{row.pk}/change/"
    [node] = client.data(document, viewer=viewer_with(Action.VIEW))["taskResults"]["nodes"]
    assert node["adminUrl"] is None
