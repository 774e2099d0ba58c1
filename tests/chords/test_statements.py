"""How many statements a member costs, whatever the size of its chord."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery.app.task import Context
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.models import Chord
from tests.celery_app import app
from tests.chords.tasks import identity

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])

MOST = {"postgresql": 2, "sqlite": 5, "mysql": 5}
"""BEGIN and COMMIT counted."""


@pytest.fixture
def member() -> Iterator[Any]:
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
def test_a_member_costs_few_statements(member: Any, ignore_result: bool) -> None:
    app.backend.mark_as_done("member-0", 0, member(0, ignore_result=ignore_result))
    counts = set()
    for number in (1, 2, 50):
        with CaptureQueriesContext(connection) as queries:
            app.backend.mark_as_done(f"member-{number}", number, member(number, ignore_result=ignore_result))
        counts.add(len(queries))
    assert len(counts) == 1
    assert counts.pop() <= MOST[connection.vendor]


def test_row_and_part_are_stored_together_or_not_at_all(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_celery_results.chord_rows import Part
    from django_celery_results.models import ChordPart, TaskResult
    from django_celery_results.state_changes import Companion

    broken = Companion(sql="INSERT INTO no_such_table VALUES (%s) RETURNING 1", parameters=(1,))
    monkeypatch.setattr(Part, "statement", lambda self, alias: broken)
    with pytest.raises(Exception, match=r"no_such_table|RETURNING"):
        app.backend.mark_as_done("member-1", 1, member(1))
    assert not TaskResult.objects.exists()
    assert not ChordPart.objects.exists()
