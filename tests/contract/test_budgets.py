"""What operations may take: fields share time, waits for workers and bytes; documents share the memory of a cache."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_celery_results.actions import control, revoke
from django_celery_results.models import Operation
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from graphql_api.engine import Context, GraphQLRequest
from tests.celery_app import app
from tests.contract.graphql_client import GraphQLClient, error_codes
from tests.factories import create_task
from tests.workers import publishing_to

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


class Clock:
    """Stands in for the module `time`: time passes only where a test lets it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    for module in (budget, control, revoke):
        monkeypatch.setattr(module, "time", found)
    return found


@pytest.fixture
def waits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The seconds of each wait for workers, none of which ever answers."""
    seconds: list[float] = []

    def revoke_in_vain(ids: list[str], *, timeout: float, **_: Any) -> list[Any]:
        seconds.append(timeout)
        clock.sleep(timeout)
        return []

    control.forget()
    with publishing_to("memory://budgets"):
        monkeypatch.setattr(app.control, "revoke", revoke_in_vain)
        yield seconds


def test_fields_share_the_time_of_their_operation(client: GraphQLClient, clock: Clock, settings: Settings) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": 30}
    statements: list[str] = []

    def take_ten_seconds(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        statements.append(sql)
        clock.now += 10
        return result

    fields = " ".join(f't{number}: taskResult(ref: {{taskId: "{number}"}}) {{ id }}' for number in range(20))
    with connection.execute_wrapper(take_ten_seconds):
        response = client.execute(f"{{ {fields} }}")
    assert len(statements) == 3
    assert [error["extensions"]["code"] for error in response.errors] == ["QUERY_TOO_SLOW"] * 17
    assert "30 seconds" in response.errors[0]["message"]


def test_value_is_not_decoded_once_the_time_is_over(client: GraphQLClient, clock: Clock, settings: Settings) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": 30}
    create_task("t", result='{"a": 1}')

    def take_a_minute(execute: Any, *given: Any) -> Any:
        result = execute(*given)
        clock.now += 60
        return result

    with connection.execute_wrapper(take_a_minute):
        response = client.execute("{ taskResults { nodes { taskId result { json } } } }")
    assert response.data == {"taskResults": {"nodes": [{"taskId": "t", "result": None}]}}
    assert [error["extensions"]["code"] for error in response.errors] == ["QUERY_TOO_SLOW"]


REVOKE = 'a%d: revokeTask(input: {task: {taskId: "t%d"}, wait: "PT3S"}) { errors { ... on UserError { code } } }'
REVOKES = "mutation {" + " ".join(REVOKE % (number, number) for number in range(10)) + "}"


def revoke_ten(client: GraphQLClient) -> list[list[str]]:
    """Revoke ten tasks by one operation; return the codes of each one's errors."""
    for number in range(10):
        create_task(f"t{number}", status="PENDING")
    return [[error["code"] for error in payload["errors"]] for payload in client.data(REVOKES).values()]


def test_waits_for_workers_of_one_operation_share_the_longest(client: GraphQLClient, waits: list[float]) -> None:
    assert revoke_ten(client) == [["WORKERS_UNREACHABLE"]] * 10
    assert waits == [3.0] + [budget.SHORTEST_WAIT] * 9


def test_operation_without_a_limit_of_time_shares_its_waits_too(
    client: GraphQLClient, waits: list[float], settings: Settings
) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": None}
    revoke_ten(client)
    assert waits == [3.0] + [budget.SHORTEST_WAIT] * 9


def test_mutation_that_would_begin_after_the_time_is_over_does_nothing_and_says_so(
    client: GraphQLClient, waits: list[float], settings: Settings
) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": 3.3}
    assert revoke_ten(client) == [["WORKERS_UNREACHABLE"]] * 3 + [["TOO_SLOW"]] * 7
    assert len(waits) == Operation.objects.count() == 3


def test_payload_of_the_mutation_that_took_all_the_time_is_read(
    client: GraphQLClient, waits: list[float], settings: Settings
) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": 3.0}
    create_task("t0", status="PENDING")
    create_task("t1", status="PENDING")
    fields = "errors { ... on UserError { code } } task { taskId parent { id } result { json } }"
    revokes = (f'a{n}: revokeTask(input: {{task: {{taskId: "t{n}"}}, wait: "PT3S"}}) {{ {fields} }}' for n in (0, 1))
    data = client.data("mutation {" + " ".join(revokes) + "}")
    assert data["a0"]["errors"] == [{"code": "WORKERS_UNREACHABLE"}]
    assert data["a0"]["task"] == {"taskId": "t0", "parent": None, "result": None}
    assert data["a1"] == {"errors": [{"code": "TOO_SLOW"}], "task": None}


def test_reads_of_a_payload_have_a_limit_too(
    client: GraphQLClient, waits: list[float], clock: Clock, settings: Settings
) -> None:
    settings.GRAPHQL_API = {"MAX_OPERATION_SECONDS": 3.0}
    create_task("t0", status="PENDING", parent_id="parent", root_id="root")

    def take_a_minute(execute: Any, sql: str, *rest: Any) -> Any:
        clock.now += 60 * sql.startswith("SELECT")
        return execute(sql, *rest)

    with connection.execute_wrapper(take_a_minute):
        response = client.execute(
            'mutation { revokeTask(input: {task: {taskId: "t0"}}) { task { parent { id } root { id } } } }'
        )
    assert set(error_codes(response)) == {"QUERY_TOO_SLOW"}


def test_next_operation_has_its_own_time_and_its_own_waits(client: GraphQLClient, waits: list[float]) -> None:
    revoke_ten(client)
    client.data("mutation {" + REVOKE % (0, 0) + "}")
    assert waits[-1] == 3.0


LONG = json.dumps("x" * 99_998)
"""A result of 100,000 bytes."""
SHORT = json.dumps("x" * 2_998)
"""A result of 3,000 bytes, which comes with its row."""


@pytest.fixture
def limit(settings: Settings) -> int:
    """The bytes that the values of an answer may have."""
    settings.GRAPHQL_API = {"MAX_RESPONSE_BYTES": 550_000}
    return 550_000


def create_results(count: int, text: str) -> None:
    for number in range(count):
        create_task(
            f"t{number}", status="FAILURE", result=text, traceback=text, meta=text, task_args=text, task_kwargs=text
        )


@pytest.mark.parametrize(
    "field",
    [
        "result { json }", "result { text(maxLength: 1000000) }", "args { json }", "kwargs { text(maxLength: 99999) }",
        "meta", "error { traceback }",
    ],
)  # fmt: skip
def test_values_larger_than_an_answer_are_refused_before_they_are_loaded(
    client: GraphQLClient, limit: int, field: str
) -> None:
    create_results(5, LONG)
    query = f"{{ taskResults {{ nodes {{ taskId {field} }} }} }}"
    client.data(query)
    create_task("one more", status="FAILURE", result=LONG, traceback=LONG, meta=LONG, task_args=LONG, task_kwargs=LONG)
    with CaptureQueriesContext(connection) as captured:
        response = client.execute(query)
    assert len(captured) == 1
    assert {error["extensions"]["code"] for error in response.errors} == {"RESPONSE_TOO_LARGE"}
    heads_of_results = 30_000 if "error" in field else 0
    assert f"{600_000 + heads_of_results} bytes" in response.errors[0]["message"]
    assert f"{limit} is the limit" in response.errors[0]["message"]


def test_short_values_count_too(client: GraphQLClient, settings: Settings) -> None:
    settings.GRAPHQL_API = {"MAX_RESPONSE_BYTES": 50_000}
    create_results(16, SHORT)
    query = "{ taskResults { nodes { result { json } } } }"
    client.data(query)
    create_task("one more", result=SHORT)
    [error] = client.execute(query).errors
    assert error["extensions"] == {"code": "RESPONSE_TOO_LARGE"}
    assert "51000 bytes" in error["message"]


@pytest.mark.parametrize("field", ["json", "text(maxLength: 99999)"])
def test_value_counts_under_each_alias(client: GraphQLClient, limit: int, field: str) -> None:
    create_results(1, LONG)

    def codes(aliases: int) -> list[str]:
        fields = " ".join(f"a{number}: {field}" for number in range(aliases))
        return client.codes(f"{{ taskResults {{ nodes {{ result {{ {fields} }} }} }} }}")

    assert codes(5) == []
    assert set(codes(6)) == {"RESPONSE_TOO_LARGE"}


def test_length_of_values_is_shown_though_they_are_larger_than_an_answer(client: GraphQLClient, limit: int) -> None:
    create_results(10, LONG)
    query = "{ taskResults { nodes { result { byteLength contentType } } } }"
    assert len(client.sql(query)) == 1
    assert {node["result"]["byteLength"] for node in client.data(query)["taskResults"]["nodes"]} == {100_000}


def test_part_of_a_value_counts_as_that_part(client: GraphQLClient, limit: int) -> None:
    create_task("t", result=json.dumps({"a": {"c": [1]}, "b": "x" * 400_000}))
    fields = " ".join(f'a{number}: json(path: ["a"])' for number in range(40))
    assert client.codes(f"{{ taskResults(first: 1) {{ nodes {{ result {{ {fields} }} }} }} }}") == []


def test_long_values_of_a_page_are_loaded_by_one_statement(client: GraphQLClient) -> None:
    create_results(2, LONG)
    query = "{ taskResults { nodes { result { json } args { text(maxLength: 999999) } } } }"
    few = len(client.sql(query))
    for number in range(5):
        create_task(f"more{number}", result=LONG, task_args=LONG)
    assert len(client.sql(query)) == few == 3


def test_previews_of_long_values_need_no_whole_value(client: GraphQLClient, limit: int) -> None:
    create_results(20, LONG)
    fields = "byteLength isTruncated text(maxLength: 200)"
    query = f"{{ taskResults {{ nodes {{ result {{ {fields} }} error {{ type message }} }} }} }}"
    assert len(client.sql(query)) == 1
    for node in client.data(query)["taskResults"]["nodes"]:
        assert node["result"] == {"byteLength": 100_000, "isTruncated": False, "text": '"' + "x" * 199}


def test_page_of_long_messages_is_shown(client: GraphQLClient, limit: int) -> None:
    for number in range(20):
        told = {"exc_type": "E", "exc_message": ["x" * 100_000], "exc_module": "m"}
        create_task(f"t{number}", status="FAILURE", result=json.dumps(told))
    query = "{ taskResults { nodes { error { type message } } } }"
    assert len(client.sql(query)) == 1
    [error] = {tuple(node["error"].values()) for node in client.data(query)["taskResults"]["nodes"]}
    assert error[0] == "E"
    assert 3_900 < len(error[1]) <= 4_000
    whole = "{ taskResults(first: 1) { nodes { error { module message(maxLength: 1000000) } } } }"
    assert client.data(whole)["taskResults"]["nodes"] == [{"error": {"module": "m", "message": "x" * 100_000}}]


def test_progress_does_not_load_the_results_of_tasks_that_are_over(client: GraphQLClient, limit: int) -> None:
    create_results(20, LONG)
    create_task("runs", status="PROGRESS", result=json.dumps({"current": 1, "total": 2, "log": "x" * 100_000}))
    nodes = client.data("{ taskResults { nodes { progress { percent } } } }")["taskResults"]["nodes"]
    assert [node["progress"] for node in nodes if node["progress"]] == [{"percent": 50.0}]


def test_text_counts_in_bytes(client: GraphQLClient, limit: int) -> None:
    create_task("t", result=json.dumps("é" * 150_000, ensure_ascii=False))
    assert client.codes("{ taskResults { nodes { result { text(maxLength: 1000000) } } } }") == []
    codes = client.codes(
        "{ taskResults { nodes { result { a: text(maxLength: 1000000) b: text(maxLength: 999999) } } } }"
    )
    assert codes == ["RESPONSE_TOO_LARGE"]


def test_values_that_are_completed_twice_count_once(client: GraphQLClient, limit: int) -> None:
    create_results(3, LONG)
    steps = json.dumps(["a"] * 21)
    codes = client.codes(f"{{ taskResults {{ nodes {{ result {{ json bad: json(path: {steps}) }} }} }} }}")
    assert codes == ["BAD_USER_INPUT"] * 3


def test_inputs_of_operations_count_too(client: GraphQLClient, limit: int) -> None:
    for _ in range(6):
        Operation.objects.create(action="retry", state="done", input=json.dumps({"kwargs": LONG}))
    response = client.execute("{ operations { nodes { input } } }")
    assert {error["extensions"]["code"] for error in response.errors} == {"RESPONSE_TOO_LARGE"}
    assert client.codes("{ operations(first: 3) { nodes { input } } }") == []


def test_document_is_kept_once_it_ran_for_somebody_who_may_ask_it(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    cache = client.engine.documents.cache  # type: ignore[attr-defined]
    cache.clear()
    stranger = viewer_with()
    query = "{ taskResults { nodes { id } } }"
    mutation = 'mutation { retryTask(input: {task: {taskId: "x"}}) { errors { __typename } } }'
    assert client.codes(query, viewer=stranger) == ["FORBIDDEN"]
    assert client.data(mutation, viewer=stranger)["retryTask"]["errors"] == [{"__typename": "ForbiddenError"}]
    assert client.codes("{ nothing }") == ["GRAPHQL_VALIDATION_FAILED"]
    assert len(cache) == 0
    for document in (query, mutation):
        client.data(document)
        client.data(document)
    assert len(cache) == 2
    assert cache.get((query, None)) is cache.get((query, None)) is not None


def test_document_of_who_may_see_no_tasks_pushes_out_none(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    cache = client.engine.documents.cache  # type: ignore[attr-defined]
    cache.clear()
    client.data("{ __typename }", viewer=viewer_with())
    assert len(cache) == 0
    client.data("{ __typename }", viewer=viewer_with("view_taskresult", name="reader"))
    assert len(cache) == 1


def test_document_takes_the_room_of_its_characters(client: GraphQLClient, settings: Settings) -> None:
    cache = client.engine.documents.cache  # type: ignore[attr-defined]
    settings.GRAPHQL_API = {"DOCUMENT_CACHE_BYTES": 400_000}
    client.data("{ __typename } # " + "x" * 20_000)
    assert len(cache) == 1
    client.data("{ __typename } # " + "\N{WHITE SMILING FACE}\N{GRINNING FACE}" * 7_000)
    assert len(cache) == 1


def test_documents_are_kept_within_their_bytes(client: GraphQLClient, settings: Settings) -> None:
    cache = client.engine.documents.cache  # type: ignore[attr-defined]
    settings.GRAPHQL_API = {"DOCUMENT_CACHE_BYTES": 50_000}
    for number in range(30):
        client.data(f"{{ name{number}: __typename }}")
        client.data("{ often: __typename }")
        assert cache.size <= 50_000
    assert cache.get(("{ often: __typename }", None))
    assert cache.get(("{ name29: __typename }", None))
    assert not cache.get(("{ name1: __typename }", None))
    before = len(cache)
    client.data("{ __typename " + "# a comment is a token, too\n" * 100 + "}")
    client.data("{ " + "__typename " * 100 + "}")
    assert len(cache) == before


def test_no_document_is_kept_without_room(client: GraphQLClient, settings: Settings) -> None:
    settings.GRAPHQL_API = {"DOCUMENT_CACHE_BYTES": 0}
    client.data("{ __typename }")
    assert len(client.engine.documents.cache) == 0  # type: ignore[attr-defined]


def test_each_operation_of_a_document_is_kept_by_its_name(client: GraphQLClient) -> None:
    query = "query A { a: __typename } query B { b: __typename }"
    for _ in range(2):
        for name in ("A", "B"):
            request = GraphQLRequest(query=query, operation_name=name)
            answer = client.engine.execute(request, Context(viewer=client.viewer))
            assert answer.data == {name.lower(): "Query"}
