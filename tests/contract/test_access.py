"""Who may ask and order what: every root field and mutation, for every kind of viewer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet
from graphql import GraphQLObjectType, build_schema
from pytest_django import Settings

from django_celery_results.models import GroupResult, Operation, TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer
from graphql_api import global_ids
from tests.contract.conftest import Client
from tests.factories import create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())


class OwnTenant(Policy):
    """Viewers see what carries their name."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        return queryset.filter(task_id__startswith=f"{viewer.username}-")

    def visible_groups(self, queryset: QuerySet[GroupResult], viewer: Viewer) -> QuerySet[GroupResult]:
        return queryset.filter(group_id__startswith=f"{viewer.username}-")


READS: dict[str, str] = {
    "node": "{ node(id: $id) { id } }",
    "nodes": "{ nodes(ids: [$id]) { id } }",
    "taskResult": "{ taskResult(ref: {id: $id}) { id } }",
    "taskResults": "{ taskResults { nodes { id } } }",
    "taskResultStats": "{ taskResultStats { total { count } } }",
    "suggest": "{ suggest(field: TASK_NAME) }",
    "groupResult": '{ groupResult(groupId: "acme-g") { id } }',
    "groupResults": "{ groupResults { nodes { id } } }",
    "registeredTasks": "{ registeredTasks { name } }",
}
SHARED = {"registeredTasks"}
"""The project's code, which is the same for every tenant."""
OPEN = {"viewer": "{ viewer { username } }", "service": "{ service { version } }"}
"""What every authenticated viewer may ask: it holds no rows."""
RECORD = {"operations": "{ operations { nodes { id } } }"}
GROUPS = {"groupResult", "groupResults"}
ORDERS: dict[str, str] = {
    "deleteTaskResult": "task: {id: $id}",
    "retryTask": "task: {id: $id}",
    "revokeTask": "task: {id: $id}",
    "bulkDeleteTaskResults": "select: {ids: [$id]}",
    "bulkRetryTasks": "select: {ids: [$id]}",
    "bulkRevokeTasks": "select: {ids: [$id]}",
    "revokeGroup": 'groupId: "acme-g"',
}


def mutation(name: str, errors: str = "code", more: str = "") -> str:
    """The order, asking what it was refused for."""
    declared = "($id: ID!) " if "$id" in ORDERS[name] else ""
    payload = f"{{ errors {{ ... on UserError {{ {errors} }} }} }}"
    return f"mutation {declared}{{ {name}(input: {{{ORDERS[name]}{more}}}) {payload} }}"


@pytest.fixture
def row(db: None) -> TaskResult:
    create_group("acme-g", ["acme-t"])
    return create_task(
        "acme-t", status="FAILURE", task_name="proj.add", result='{"exc_type": "E", "exc_message": ["m"]}'
    )


def ask(client: Client, name: str, row: TaskResult, viewer: Viewer) -> Any:
    query = (READS | OPEN | RECORD)[name]
    if "$id" in query:
        return client.execute(f"query ($id: ID!) {query}", {"id": global_ids.encode("TaskResult", row.pk)}, viewer)
    return client.execute(query, None, viewer)


def order(client: Client, name: str, row: TaskResult, viewer: Viewer, more: str = "") -> Any:
    return client.execute(mutation(name, more=more), {"id": global_ids.encode("TaskResult", row.pk)}, viewer)


def codes(response: Any) -> list[str]:
    return [error["extensions"]["code"] for error in response.errors]


def fields_of(name: str) -> set[str]:
    found = SCHEMA.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return set(found.fields)


def test_the_matrix_names_every_root_field() -> None:
    assert fields_of("Query") == {*READS, *OPEN, *RECORD}
    assert fields_of("Mutation") == set(ORDERS)


EVERY = {*READS, *OPEN, *RECORD, *ORDERS}
VIEWERS: dict[str, tuple[tuple[Action, ...], set[str]]] = {
    "nobody": ((), {*OPEN}),
    "viewer without payloads": ((Action.VIEW, Action.VIEW_GROUP), {*READS, *OPEN}),
    "viewer": ((Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK), {*READS, *OPEN}),
    "auditor": ((Action.VIEW_OPERATION,), {*OPEN, *RECORD}),
    "retrier": ((Action.VIEW, Action.RETRY), {*READS, *OPEN, "retryTask", "bulkRetryTasks"} - GROUPS),
    "revoker": ((Action.VIEW, Action.REVOKE), {*READS, *OPEN, "revokeTask", "bulkRevokeTasks", "revokeGroup"} - GROUPS),
    "everything": (tuple(Action), EVERY),
}
"""Permissions, and what they open: every other root field is refused."""


@pytest.mark.parametrize("name", sorted(EVERY))
def test_each_kind_of_viewer_is_let_in_where_their_permissions_lead(
    client: Client,
    row: TaskResult,
    anonymous: Viewer,
    superuser: Viewer,
    viewer_with: Callable[..., Viewer],
    name: str,
) -> None:
    assert refusals(client, name, row, anonymous) <= {"UNAUTHENTICATED", "FORBIDDEN"}
    assert refusals(client, name, row, anonymous)
    for kind, (permissions, opened) in VIEWERS.items():
        expected = set() if name in opened else {"FORBIDDEN"}
        assert refusals(client, name, row, viewer_with(*permissions, name=kind)) & NO == expected, kind
    assert not refusals(client, name, row, superuser) & NO


NO = {"UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"}


def refusals(client: Client, name: str, row: TaskResult, viewer: Viewer) -> set[str]:
    """The codes of a question's errors, or of what an order was refused for."""
    if name in ORDERS:
        trial = ", dryRun: true" if "task:" in ORDERS[name] else ", options: {dryRun: true}"
        return {error["code"] for error in order(client, name, row, viewer, trial).data[name]["errors"]}
    return set(codes(ask(client, name, row, viewer)))


@pytest.mark.parametrize("name", sorted(EVERY - set(OPEN)))
def test_the_policy_is_asked_behind_every_root_field_with_rows(
    client: Client, row: TaskResult, superuser: Viewer, settings: Settings, name: str
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.Recording"}
    Recording.asked.clear()
    refusals(client, name, row, superuser)
    assert Recording.asked


@pytest.mark.parametrize("name", sorted(set(READS) & fields_of("Query")))
class TestReading:
    def test_anonymous_is_refused(self, client: Client, row: TaskResult, anonymous: Viewer, name: str) -> None:
        response = ask(client, name, row, anonymous)
        assert codes(response) == ["UNAUTHENTICATED"]
        assert not any((response.data or {}).values())

    def test_without_permission_it_is_refused(
        self, client: Client, row: TaskResult, viewer_with: Callable[..., Viewer], name: str
    ) -> None:
        response = ask(client, name, row, viewer_with(Action.RETRY))
        assert codes(response) == ["FORBIDDEN"]
        assert response.errors[0]["extensions"]["permission"].startswith("django_celery_results.view_")

    def test_a_viewer_is_answered(
        self, client: Client, row: TaskResult, viewer_with: Callable[..., Viewer], name: str
    ) -> None:
        response = ask(client, name, row, viewer_with(Action.VIEW, Action.VIEW_GROUP))
        assert codes(response) == []
        assert has_rows(response.data[name])

    def test_another_tenant_sees_nothing(
        self,
        client: Client,
        row: TaskResult,
        viewer_with: Callable[..., Viewer],
        settings: Settings,
        name: str,
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
        permissions = (Action.VIEW, Action.VIEW_GROUP)
        assert has_rows(ask(client, name, row, viewer_with(*permissions, name="acme")).data[name])
        response = ask(client, name, row, viewer_with(*permissions, name="other"))
        assert codes(response) == []
        assert has_rows(response.data[name]) == (name in SHARED)


class Recording(Policy):
    """Notes that it was asked."""

    asked: list[Action] = []

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        self.asked.append(action)
        return super().may(viewer, action, task)


def has_rows(answer: Any) -> bool:
    """Whether an answer tells of any row."""
    if isinstance(answer, dict):
        return any(has_rows(value) for value in answer.values())
    if isinstance(answer, list):
        return any(has_rows(value) for value in answer)
    return bool(answer)


@pytest.mark.parametrize("name", sorted(ORDERS))
class TestOrdering:
    def test_who_lacks_the_permission_is_refused(
        self,
        client: Client,
        row: TaskResult,
        anonymous: Viewer,
        viewer_with: Callable[..., Viewer],
        name: str,
    ) -> None:
        readers = (Action.VIEW, Action.VIEW_GROUP, Action.VIEW_PAYLOAD, Action.VIEW_TRACEBACK, Action.VIEW_OPERATION)
        viewers = [anonymous, viewer_with(name="nobody"), viewer_with(*readers, name="reader")]
        for viewer in viewers:
            response = order(client, name, row, viewer)
            assert [error["code"] for error in response.data[name]["errors"]] == ["FORBIDDEN"]
        assert not Operation.objects.exclude(state="refused").exists()
        assert TaskResult.objects.get().status == "FAILURE"

    def test_another_tenants_task_is_not_found(
        self,
        client: Client,
        row: TaskResult,
        viewer_with: Callable[..., Viewer],
        settings: Settings,
        name: str,
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
        response = order(client, name, row, viewer_with(*Action, name="other"))
        expected = [] if name.startswith("bulk") or name == "revokeGroup" else ["NOT_FOUND"]
        assert [error["code"] for error in response.data[name]["errors"]] == expected
        assert TaskResult.objects.get().status == "FAILURE"


def test_viewers_learn_what_they_may(client: Client, viewer_with: Callable[..., Viewer], anonymous: Viewer) -> None:
    query = "{ viewer { username permissions canView canRetry } service { version schemaHash maxPageSize } }"
    answer = client.data(query, viewer=viewer_with(Action.VIEW, name="ann"))
    assert answer["viewer"] == {
        "username": "ann",
        "permissions": ["django_celery_results.view_taskresult"],
        "canView": True,
        "canRetry": False,
    }
    assert set(client.codes(query, viewer=anonymous)) == {"UNAUTHENTICATED"}


def test_blockers_say_what_would_be_refused(
    client: Client, row: TaskResult, viewer_with: Callable[..., Viewer]
) -> None:
    query = "{ taskResults { nodes { viewerRetryBlockers { code } viewerRevokeBlockers { code message } } } }"
    [node] = client.data(query)["taskResults"]["nodes"]
    assert [blocker["code"] for blocker in node["viewerRetryBlockers"]] == ["ARGUMENTS_UNAVAILABLE"]
    assert [blocker["code"] for blocker in node["viewerRevokeBlockers"]] == ["ALREADY_FINISHED"]
    [node] = client.data(query, viewer=viewer_with(Action.VIEW))["taskResults"]["nodes"]
    assert "FORBIDDEN" in [blocker["code"] for blocker in node["viewerRetryBlockers"]]


def test_operations_need_their_permission_and_stay_within_a_tenant(
    client: Client, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    ann = viewer_with(Action.VIEW, Action.VIEW_OPERATION, name="ann")
    for name, actor in (("by-ann", ann.pk), ("by-bob", "0")):
        Operation.objects.create(action="retry", state="done", actor_id=actor, actor_name=name, input='{"a": 1}')
    query = (
        "query ($f: OperationFilter) { operations(filter: $f) { totalCount nodes { id actor action state input } } }"
    )
    assert client.codes(query, viewer=viewer_with(Action.VIEW, name="bob")) == ["FORBIDDEN"]
    nodes = client.data(query, viewer=ann)["operations"]["nodes"]
    assert [node["actor"] for node in nodes] == ["by-bob", "by-ann"]
    assert nodes[0] == {**nodes[0], "action": "retry", "state": "DONE", "input": {"a": 1}}
    assert client.data(query, {"f": {"actor": {"eq": "by-bob"}}}, viewer=ann)["operations"]["totalCount"] == 1
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    assert [node["actor"] for node in client.data(query, viewer=ann)["operations"]["nodes"]] == ["by-ann"]
    other = client.data("query ($id: ID!) { node(id: $id) { id } }", {"id": nodes[0]["id"]}, viewer=ann)
    assert other == {"node": None}
