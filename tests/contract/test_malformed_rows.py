"""No row, however malformed, breaks the page that it is on."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Repeat

from django_celery_results.models import Chord, GroupResult, TaskResult
from graphql_api.transport.encoding import encode
from tests.celery_app import app
from tests.chords.tasks import identity
from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_group, create_task

pytestmark = pytest.mark.django_db

EVERY_FIELD = """{ taskResults(first: 100) { totalCount pageInfo { endCursor } edges { cursor node {
  id taskId status state isReady taskName periodicTaskName worker queue retries priority groupId parentTaskId rootTaskId
  eta dateCreated dateStarted dateDone queuedSeconds runtimeSeconds meta adminUrl
  args { json text isTruncated isRedacted byteLength } kwargs { json text(maxLength: 10) contentType contentEncoding }
  result { json path: json(path: ["a", "0"]) text(maxLength: 10) isTruncated isRedacted byteLength }
  error { type module message traceback fingerprint } progress { current total percent message updatedAt }
  parent { taskId } root { taskId } group { groupId } retriedFrom { taskId } chord { state }
  children(first: 1) { nodes { taskId } } retriedAs(first: 1) { nodes { taskId } }
  viewerRetryBlockers { code } viewerRevokeBlockers { code } } } } }"""

ROWS: dict[str, dict[str, Any]] = {
    "custom": {"status": "ÄNDERUNG läuft"},
    "no-state": {"status": ""},
    "lower": {"status": "success"},
    "pickled": {"content_type": "application/x-python-serialize", "content_encoding": "binary", "result": "gASVAg=="},
    "yaml": {"content_type": "application/x-yaml", "result": "a: [1"},
    "unknown": {"content_type": "", "content_encoding": "", "result": "?"},
    "nan": {"result": '{"a": [NaN, Infinity]}', "meta": "NaN"},
    "surrogate": {"result": '"\\ud800"', "task_args": '"\\udfff"'},
    "large-numbers": {"result": '{"a": [9007199254740993, 1' + "0" * 30 + "]}"},
    "digits": {"result": "9" * 20_000},
    "nested": {"result": "[" * 20_000 + "]" * 20_000},
    "cut-args": {"task_args": json.dumps("(1, '" + "x" * 1_020 + "...")},
    "cut-json": {"result": '{"a": ["x"', "meta": "{", "task_kwargs": '"{'},
    "failed-oddly": {"status": "FAILURE", "result": '{"exc_type": 1, "exc_message": {"a": 1}, "exc_module": []}'},
    "failed-plainly": {"status": "FAILURE", "result": "boom", "traceback": ""},
    "failed-empty": {"status": "FAILURE", "result": None},
    "progress": {"status": "PROGRESS", "result": '{"current": "x", "total": 0}'},
    "endless": {"status": "PROGRESS", "result": '{"current": 1e999, "total": 1}'},
    "divided": {"status": "PROGRESS", "result": '{"current": 1, "total": 0}'},
    "orphan": {"parent_id": "gone", "root_id": "gone", "group_id": "gone", "retried_from": "gone"},
    "own-parent": {"parent_id": "own-parent", "root_id": "own-parent", "retried_from": "own-parent"},
    "backwards": {"date_created": at(9), "date_started": at(5), "date_done": at(1), "retries": -1, "priority": -5},
    "a b/c?d=%00&é😀": {"task_name": "", "worker": "w" * 100, "queue": "?"},
}


def test_page_of_malformed_rows_is_returned_without_errors(client: GraphQLClient) -> None:
    for name, columns in ROWS.items():
        create_task(name, **columns)
    GroupResult.objects.filter(pk=create_group("unreadable", []).pk).update(result="x")
    page = client.data(EVERY_FIELD)["taskResults"]
    nodes = {edge["node"]["taskId"]: edge["node"] for edge in page["edges"]}
    assert (page["totalCount"], set(nodes)) == (len(ROWS), set(ROWS))
    assert (nodes["custom"]["state"], nodes["custom"]["status"]) == ("CUSTOM", "ÄNDERUNG läuft")
    assert nodes["orphan"]["parent"] is nodes["orphan"]["root"] is nodes["orphan"]["group"] is None
    assert nodes["orphan"]["parentTaskId"] == "gone"
    assert nodes["pickled"]["result"]["json"] is None
    assert nodes["backwards"]["queuedSeconds"] == 0
    groups = client.data(
        "{ groupResults { nodes { size isReady tasks { nodes { id } } parent { id } chord { state } } } }"
    )
    assert groups["groupResults"]["nodes"] == [
        {"size": 0, "isReady": True, "tasks": {"nodes": []}, "parent": None, "chord": None}
    ]


def test_large_integers_keep_their_digits(client: GraphQLClient) -> None:
    create_task("t", result='{"a": 9007199254740993, "b": 1' + "0" * 30 + "}")
    query = '{ taskResults { nodes { result { json text one: json(path: ["a"]) } } } }'
    sent = encode(client.data(query))
    [node] = json.loads(sent)["taskResults"]["nodes"]
    assert node["result"]["json"] == {"a": 9007199254740993, "b": 10**30}
    assert node["result"]["one"] == 9007199254740993
    assert "9007199254740993" in node["result"]["text"]


def test_result_of_50_megabytes_is_truncated(client: GraphQLClient) -> None:
    size = 10_000_000 if connection.vendor == "mysql" else 50_000_000  # MariaDB takes 16 MB in one packet
    create_task("t")
    TaskResult.objects.update(result=Repeat(Value("x"), size))
    query = "{ taskResults { nodes { taskId result { text(maxLength: 3) byteLength isTruncated json } } } }"
    [node] = client.data(query)["taskResults"]["nodes"]
    assert node["result"] == {"text": "xxx", "byteLength": size, "isTruncated": True, "json": None}
    assert client.data("{ taskResults { nodes { taskId } } }")["taskResults"]["nodes"] == [{"taskId": "t"}]


@pytest.mark.parametrize(("malformed", "stored"), [("a\0b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("x" * 5_000, None)])
def test_group_with_malformed_task_ids_is_returned(client: GraphQLClient, malformed: str, stored: str | None) -> None:
    group = create_group("g", ["fine", malformed])
    group.result = json.dumps([["g", [malformed, None]], [[[malformed, None], None], [["fine", None], None]]])
    group.save()
    ids = [name for name in ("fine", stored) if name]
    for name in ids:
        create_task(name, group_id="g")
    body = identity.s().set(task_id=malformed)
    app.backend.apply_chord(("g", []), body)
    Chord.objects.update(size=2)
    [node] = client.data("""{ groupResults { nodes { size completedCount parentTask { taskId }
      chord { body { taskId } } tasks { nodes { taskId } } } } }""")["groupResults"]["nodes"]
    assert (node["size"], node["completedCount"]) == (2, len(ids))
    reference = {"taskId": stored} if stored else None
    assert (node["parentTask"], node["chord"]["body"]) == (reference, reference)
    assert sorted(task["taskId"] for task in node["tasks"]["nodes"]) == sorted(ids)
