"""Lists completed column by column: the same answers as field by field, by every engine."""

from typing import Any

import pytest
from pytest_django import Settings

from graphql_api import columnwise
from tests.contract.conftest import Client
from tests.query.rows import at, group, task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PLAIN = """{ taskResults { totalCount nodes { __typename id taskId status state isReady taskName worker retries eta
  dateCreated dateDone runtimeSeconds parentTaskId } } }"""
MIXED = """query ($yes: Boolean = true) { taskResults { edges { cursor node { id @include(if: $yes)
  state result { text byteLength } error { type } group { stateCounts { state count } } viewerRetryBlockers { code }
  children { nodes { taskId ... on Node { id } } } } } } }"""


@pytest.fixture
def rows(db: None) -> None:
    group("g", ["t0"])
    for number, status in enumerate(["SUCCESS", "FAILURE", "PROGRESS", "PENDING"]):
        task(f"t{number}", status=status, group_id="g", parent_id=f"t{number - 1}", date_created=at(number))


@pytest.mark.parametrize("query", [PLAIN, MIXED], ids=["plain", "mixed"])
def test_answers_are_the_same(client: Client, rows: None, settings: Settings, query: str) -> None:
    answers = []
    for wanted in (True, False):
        settings.GRAPHQL_API = {"COLUMNWISE": wanted}
        answers.append(client.data(query))
    assert answers[0] == answers[1]
    assert len(answers[0]["taskResults"]["nodes" if query is PLAIN else "edges"]) == 4


def test_a_list_of_plain_fields_has_a_plan(
    client: Client, rows: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    plan = columnwise.Columnwise._made

    def noted(self: Any, *given: Any) -> Any:
        made.append(plan(self, *given))
        return made[-1]

    monkeypatch.setattr(columnwise.Columnwise, "_made", noted)
    settings.GRAPHQL_API = {}  # forgets what was kept
    client.data(PLAIN)
    assert made
    assert all(made)
