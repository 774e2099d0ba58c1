"""Rows are freed with the response that they were read for: no reference cycle waits for the garbage collector."""

import gc
from collections.abc import Iterator

import pytest

from django_celery_results.models import GroupResult, TaskResult
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_group, create_task

pytestmark = pytest.mark.django_db

TASKS = "{ taskResults { edges { cursor node { id } } nodes { id parent { id } children { nodes { id } } } } }"
LINEAGE = """{ taskResults(first: 5) { nodes {
  group { id parent { id } chord { state } } chord { state } workflow(limit: 5) { tasks { id } } } } }"""
GROUPS = "{ groupResults { edges { cursor node { id size isReady tasks { edges { cursor node { id } } } } } } }"


@pytest.fixture
def without_garbage_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def rows_in_memory() -> int:
    return sum(type(each) in (TaskResult, GroupResult) for each in gc.get_objects())


@pytest.mark.usefixtures("without_garbage_collector")
@pytest.mark.parametrize("query", [TASKS, LINEAGE, GROUPS], ids=["tasks", "lineage", "groups"])
def test_rows_are_freed_without_garbage_collection(client: GraphQLClient, query: str) -> None:
    for number in range(3):
        create_task(f"t{number}", group_id="g", parent_id="t0")
    create_group("g", ["t0", "t1", "t2"])
    before = rows_in_memory()
    assert client.data(query)
    assert rows_in_memory() == before
