"""Operations: the audit record of bulk actions, and of each task in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.models import Operation
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import global_ids
from tests.contract.graphql_client import GraphQLClient
from tests.factories import ServiceAccount, create_failed_task, create_task, create_tasks
from tests.secret_tasks import login
from tests.tasks import add, echo, fail_first

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: OperationFilter) { operations(filter: $filter) { nodes {
  id action taskId partOf { action } bulk { matchedCount doneCount skippedCount remainingCount
    items(first: 2) { nodes { taskId state errorCode partOf { id } } pageInfo { hasNextPage } } } } } }"""


def create_bulk_operation(*task_ids: str, actor: str = "0", state: str = "done", **progress: int) -> Operation:
    """Create a bulk retry with a part for each task. The part of the task `no` is refused."""
    bulk = Operation.objects.create(
        action="bulk_retry", state=state, actor_id=actor, outcome=json.dumps({"until": 9, "after": 9, **progress})
    )
    for task_id in task_ids:
        part = {"state": "refused", "error_code": "ALREADY_RETRIED"} if task_id == "no" else {"state": "done"}
        Operation.objects.create(action="retry", actor_id=actor, task_id=task_id, bulk=bulk, **part)
    return bulk


def test_bulk_operation_lists_the_outcome_of_each_task(client: GraphQLClient) -> None:
    create_bulk_operation("a", "no", "b", matched=5, done=2, skipped=1, state="claimed")
    [node] = client.data(QUERY, {"filter": {"isPart": False}})["operations"]["nodes"]
    items = node["bulk"].pop("items")
    assert node["bulk"] == {"matchedCount": 5, "doneCount": 2, "skippedCount": 1, "remainingCount": 2}
    assert (node["taskId"], node["partOf"]) == (None, None)
    assert items["nodes"] == [
        {"taskId": "b", "state": "DONE", "errorCode": None, "partOf": {"id": node["id"]}},
        {"taskId": "no", "state": "REFUSED", "errorCode": "ALREADY_RETRIED", "partOf": {"id": node["id"]}},
    ]
    assert items["pageInfo"] == {"hasNextPage": True}


def test_part_of_a_bulk_operation_names_its_bulk_operation(client: GraphQLClient) -> None:
    create_bulk_operation("a", matched=1, done=1)
    [node] = client.data(QUERY, {"filter": {"isPart": True}})["operations"]["nodes"]
    assert (node["taskId"], node["partOf"], node["bulk"]) == ("a", {"action": "bulk_retry"}, None)


def test_items_of_a_bulk_operation_are_paged_by_their_own_cursors(client: GraphQLClient) -> None:
    create_bulk_operation("a", "b", "c", matched=3, done=3)
    create_bulk_operation("d", matched=1, done=1)
    query = """query ($after: String) { operations(filter: {isPart: false}) { nodes { bulk {
      items(first: 2, after: $after) { nodes { taskId } pageInfo { endCursor } } } } } }"""
    one, three = (node["bulk"]["items"] for node in client.data(query)["operations"]["nodes"])
    assert [node["taskId"] for node in three["nodes"]] == ["c", "b"]
    assert client.codes(query, {"after": one["pageInfo"]["endCursor"]}) == ["BAD_CURSOR"]


def test_refused_bulk_operation_has_counts_of_zero(client: GraphQLClient) -> None:
    Operation.objects.create(action="bulk_retry", state="refused", outcome='{"message": "no"}')
    [node] = client.data(QUERY)["operations"]["nodes"]
    assert (node["bulk"]["matchedCount"], node["bulk"]["remainingCount"]) == (0, 0)


def test_bulk_delete_returns_its_recorded_operation(client: GraphQLClient) -> None:
    rows = create_tasks(3)
    document = """mutation { bulkDeleteTaskResults(input: {select: {taskIds: ["t0", "t2"]}}) {
      doneCount operation { bulk { doneCount remainingCount items { nodes { taskId } } } } } }"""
    payload = client.data(document)["bulkDeleteTaskResults"]
    recorded = payload["operation"]["bulk"]
    assert (payload["doneCount"], recorded["doneCount"], recorded["remainingCount"]) == (2, 2, 0)
    assert sorted(node["taskId"] for node in recorded["items"]["nodes"]) == [rows[0].task_id, rows[2].task_id]


def test_bulk_operation_and_its_items_stay_within_a_tenant(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    ann = viewer_with(Action.VIEW, Action.VIEW_OPERATION, name="ann")
    create_bulk_operation("a", matched=1, actor="0")
    Operation.objects.update(bulk=None)
    foreign = Operation.objects.get(action="bulk_retry")
    own = create_bulk_operation("b", matched=1, done=1, actor=str(ann.pk))
    Operation.objects.filter(task_id="a").update(bulk=own)
    Operation.objects.filter(task_id="b").update(bulk=foreign)
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    bulk, part = sorted(client.data(QUERY, viewer=ann)["operations"]["nodes"], key=lambda node: node["action"])
    assert bulk["bulk"]["items"]["nodes"] == []
    assert part["partOf"] is None


def test_items_take_the_same_number_of_queries_for_any_number_of_operations(client: GraphQLClient) -> None:
    create_bulk_operation("a", "b", matched=2)
    few = len(client.sql(QUERY))
    for _ in range(8):
        create_bulk_operation("a", "b", "c", matched=3)
    assert len(client.sql(QUERY)) == few


def test_operation_of_a_payload_needs_the_audit_permission(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    create_task("t")
    document = """mutation { bulkDeleteTaskResults(input: {select: {taskIds: ["t"]}}) {
      operation { bulk { items { nodes { taskId } } } } } }"""
    response = client.execute(document, viewer=viewer_with(Action.VIEW, Action.DELETE))
    [error] = response.errors
    assert error["extensions"] == {"code": "FORBIDDEN", "permission": Action.VIEW_OPERATION.permission}
    payload: Any = response.data
    assert payload["bulkDeleteTaskResults"] == {"operation": {"bulk": None}}


def test_recorded_payloads_need_the_payload_permission_or_to_be_ones_own(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    stored = {"args": ["zebra"], "queue": "mail", "select": {"filter": {"or_": [{"kwargs": {"eq": "zebra"}}]}}}
    shown = {**stored, "select": {"filter": {"or": [{"kwargs": {"eq": "zebra"}}]}}}
    ann = viewer_with(Action.VIEW_OPERATION, name="ann")
    Operation.objects.create(action="retry", state="done", actor_id=ann.pk, input=json.dumps(stored))

    def input_for(viewer: Viewer) -> Any:
        [node] = client.data("{ operations { nodes { input } } }", viewer=viewer)["operations"]["nodes"]
        return node["input"]

    assert input_for(ann) == shown
    assert input_for(viewer_with(Action.VIEW_OPERATION, Action.VIEW_PAYLOAD, name="bob")) == shown
    for_auditor = input_for(viewer_with(Action.VIEW_OPERATION, name="carl"))
    assert for_auditor["queue"] == "mail"
    assert "zebra" not in str(for_auditor)


def test_secrets_among_arguments_that_were_recorded_in_clear_text_are_hidden(client: GraphQLClient) -> None:
    for task_id, name in (("known", login.name), ("other", echo.name), (None, None)):
        Operation.objects.create(
            action="retry",
            state="done",
            actor_id="0",
            task_id=task_id,
            task_name=name,
            input='{"args": ["me", "sesame"]}',
        )
    nodes = client.data("{ operations { nodes { taskId input } } }")["operations"]["nodes"]
    assert {node["taskId"]: node["input"]["args"] for node in nodes} == {
        "known": ["me", "[redacted]"],
        "other": ["me", "sesame"],
        None: ["me", "[redacted]"],
    }


def inputs_by_task(client: GraphQLClient, viewer: Viewer) -> dict[str | None, str]:
    """Return the inputs of all operations that the viewer sees, as text, by task."""
    nodes = client.data("{ operations { nodes { taskId input } } }", viewer=viewer)["operations"]["nodes"]
    return {node["taskId"]: json.dumps(node["input"]) for node in nodes}


def record_retry(task_id: str | None, **columns: Any) -> Operation:
    """Create an operation that overrides the arguments of a task by the word `zebra`."""
    values = {"action": "retry" if task_id else "bulk_retry", "state": "done", "actor_id": "0", **columns}
    return Operation.objects.create(task_id=task_id, input='{"args": ["zebra"], "queue": "mail"}', **values)


def test_recorded_payload_is_hidden_where_the_policy_hides_that_of_the_task(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.GuardedTaskPolicy"}
    for task_id in ("free", "guarded"):
        create_task(task_id)
        record_retry(task_id)
    record_retry("gone")
    record_retry(None)
    shown = inputs_by_task(client, viewer_with(Action.VIEW_OPERATION, Action.VIEW_PAYLOAD))
    assert {task_id for task_id, text in shown.items() if "zebra" in text} == {"free", "gone"}
    assert all("mail" in text for text in shown.values())


def test_recorded_payloads_are_judged_in_the_same_number_of_queries_for_any_number_of_tasks(
    client: GraphQLClient,
) -> None:
    query = "{ operations { nodes { input } } }"
    for number in range(2):
        record_retry(create_task(f"few{number}").task_id)
    few = len(client.sql(query))
    for number in range(8):
        record_retry(create_task(f"more{number}").task_id)
    assert len(client.sql(query)) == few


def test_policy_shows_operations_of_others_without_the_payloads_of_tasks_that_it_hides(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.AuditedTenantPolicy"}
    for task_id in ("acme-t", "other-t"):
        create_task(task_id)
        record_retry(task_id)
    record_retry("acme-gone")
    permissions = (Action.VIEW, Action.VIEW_OPERATION, Action.VIEW_PAYLOAD)
    shown = inputs_by_task(client, viewer_with(*permissions, name="auditor"))
    assert {task_id: "zebra" in text for task_id, text in shown.items()} == {
        "acme-t": True, "other-t": False, "acme-gone": False
    }  # fmt: skip
    assert inputs_by_task(client, viewer_with(*permissions, name="acme")) == {}


def test_recorded_overrides_of_a_task_named_in_redact_tasks_are_hidden_from_everybody(
    client: GraphQLClient, settings: Settings
) -> None:
    record_retry("a", task_name="shop.charge", actor_id=client.viewer.pk)
    record_retry("b", task_name="shop.mail", actor_id=client.viewer.pk)
    record_retry(None, actor_id=client.viewer.pk)
    assert all("zebra" in text for text in inputs_by_task(client, client.viewer).values())
    settings.DJANGO_CELERY_RESULTS = {"REDACT_TASKS": ["shop.charge"]}
    shown = inputs_by_task(client, client.viewer)
    assert {task_id: "zebra" in text for task_id, text in shown.items()} == {"a": False, "b": True, None: False}


def test_overrides_of_a_bulk_retry_are_not_stored_with_it_where_a_task_may_hide_them(
    client: GraphQLClient, settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_TASKS": [fail_first.name]}
    create_failed_task("hidden", "a.txt")
    create_failed_task("shown", 1, 2, task_name=add.name)
    document = """mutation { bulkRetryTasks(input: {
      select: {taskIds: ["hidden", "shown"]}, overrides: {args: ["zebra", 2], priority: 3}
    }) { errors { __typename } } }"""
    assert client.data(document)["bulkRetryTasks"]["errors"] == []
    stored = dict(Operation.objects.values_list("task_id", "input"))
    assert {task_id: "zebra" in text for task_id, text in stored.items()} == {
        None: False, "hidden": False, "shown": True
    }  # fmt: skip
    assert json.loads(stored[None])["priority"] == 3


def service(name: str) -> Viewer:
    """Return a program without a primary key that may do and see everything."""
    return Viewer(user=ServiceAccount(name, *Action))  # type: ignore[arg-type]


def test_viewer_without_a_primary_key_sees_its_own_operations_and_none_of_the_system(
    client: GraphQLClient, settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    record_retry("by-system", actor_id=None, actor_name="system")
    for name in ("billing", "backup"):
        task = create_task(f"{name}-t")
        document = "mutation ($id: String!) { deleteTaskResult(input: {task: {taskId: $id}}) { taskId } }"
        client.data(document, {"id": task.task_id}, service(name))
    assert Operation.objects.count() == 3
    assert list(inputs_by_task(client, service("billing"))) == ["billing-t"]
    assert inputs_by_task(client, service("")) == {}


def test_payloads_of_the_system_are_not_those_of_a_viewer_without_a_primary_key(client: GraphQLClient) -> None:
    record_retry("one", actor_id=None, actor_name="system")
    auditor = Viewer(user=ServiceAccount("system", Action.VIEW_OPERATION))  # type: ignore[arg-type]
    assert "zebra" not in inputs_by_task(client, auditor)["one"]


def test_viewer_without_a_primary_key_sees_the_payloads_of_its_own_orders(client: GraphQLClient) -> None:
    create_failed_task("one")
    account = Viewer(user=ServiceAccount("cron", *(set(Action) - {Action.VIEW_PAYLOAD})))  # type: ignore[arg-type]
    document = """mutation { retryTask(input: {task: {taskId: "one"}, overrides: {args: ["zebra"]}}) {
      errors { __typename } } }"""
    assert client.data(document, viewer=account)["retryTask"]["errors"] == []
    assert "zebra" in inputs_by_task(client, account)["one"]


def test_recorded_input_equals_the_input_of_the_mutation(client: GraphQLClient) -> None:
    id_ = global_ids.encode("TaskResult", create_task("t1", task_name="shop.tasks.mail").pk)
    by_filter = {
        "filter": {
            "taskName": {"iStartsWith": "shop", "notIn": ["shop.tasks.none"]},
            "or": [{"id": {"in": [id_]}}, {"not": {"dateDone": {"isNull": False}}}],
        }
    }
    document = (
        "mutation ($select: TaskSelector!) { bulkRetryTasks(input: {select: $select}) { errors { __typename } } }"
    )
    for select in (by_filter, {"ids": [id_]}):
        client.data(document, {"select": select})
        data = client.data('{ operations(filter: {action: {eq: "bulk_retry"}}, first: 1) { nodes { input } } }')
        [node] = data["operations"]["nodes"]
        assert node["input"]["select"] == select
        assert node["input"]["allowStates"]
        assert not [name for name in node["input"] if "_" in name or name == "fingerprint"]


def test_recorded_keyword_arguments_and_headers_keep_their_keys(client: GraphQLClient) -> None:
    kwargs = {"user_id": 1, "in_": {"not_": 2}}
    stored = {"kwargs": kwargs, "countdown": 5.0, "headers": {"my_header": 1}, "fingerprint": "f"}
    Operation.objects.create(action="retry", state="done", actor_id="1", input=json.dumps(stored))
    [node] = client.data("{ operations { nodes { input } } }")["operations"]["nodes"]
    assert node["input"] == {"kwargs": kwargs, "countdownSeconds": 5.0, "headers": {"my_header": 1}}


def test_revoke_group_selects_its_unfinished_tasks(client: GraphQLClient) -> None:
    for name, columns in {"a": {"status": "STARTED"}, "b": {}, "c": {"status": "STARTED"}}.items():
        create_task(name, group_id="g" if name < "c" else "other", **columns)
    document = """mutation ($id: String!) { revokeGroup(input: {groupId: $id, options: {dryRun: true}}) {
      matchedCount items { taskId outcome } errors { ... on UserError { code } } } }"""
    payload = client.data(document, {"id": "g"})["revokeGroup"]
    assert payload == {"matchedCount": 1, "items": [{"taskId": "a", "outcome": "PENDING"}], "errors": []}
    [error] = client.data(document, {"id": "\0"})["revokeGroup"]["errors"]
    assert error == {"code": "INVALID_INPUT"}
