"""How many statements the end of a member takes, whatever the size of its chord."""

from typing import Any

import pytest
from celery.app.task import Context
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordPart, TaskResult
from django_celery_results.state_changes import Companion
from tests.celery_app import app
from tests.chords.marks import committing
from tests.chords.tasks import identity

pytestmark = committing

MAX_STATEMENTS = {"postgresql": 2, "sqlite": 5, "mysql": 5}
"""BEGIN and COMMIT included."""


@pytest.fixture
def member_request() -> Any:
    """Make requests of the members of an open chord of 1000."""
    body = identity.s().set(task_id="body")
    app.backend.apply_chord(("group", []), body)
    Chord.objects.update(size=1_000)

    def request(number: int, **more: Any) -> Context:
        delivery = {"exchange": "", "routing_key": "q", "redelivered": False}
        return Context(
            id=f"member-{number}", task="t", group="group", group_index=number, chord=dict(body),
            delivery_info=delivery, headers={}, **more,
        )  # fmt: skip

    return request


@pytest.mark.parametrize("ignore_result", [False, True])
def test_number_of_statements_for_a_member_is_small_and_constant(member_request: Any, ignore_result: bool) -> None:
    app.backend.mark_as_done("member-0", 0, member_request(0, ignore_result=ignore_result))
    counts = set()
    for number in (1, 2, 50):
        with CaptureQueriesContext(connection) as queries:
            app.backend.mark_as_done(f"member-{number}", number, member_request(number, ignore_result=ignore_result))
        counts.add(len(queries))
    assert len(counts) == 1
    assert counts.pop() <= MAX_STATEMENTS[connection.vendor]


def test_failed_part_rolls_back_the_result_of_the_member(member_request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Companion(sql="INSERT INTO no_such_table VALUES (%s) RETURNING 1", parameters=(1,))
    monkeypatch.setattr(Part, "statement", lambda self, alias: broken)
    with pytest.raises(Exception, match=r"no_such_table|RETURNING"):
        app.backend.mark_as_done("member-1", 1, member_request(1))
    assert not TaskResult.objects.exists()
    assert not ChordPart.objects.exists()
