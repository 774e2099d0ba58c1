"""A retry sends the same bytes as the first message, with each serializer."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery import states

from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.models import TaskMessage
from django_celery_results.policy.viewer import SYSTEM
from tests.celery_app import app
from tests.factories import task_ref
from tests.isolation import new_queue
from tests.tasks import fail_first
from tests.workers import SERIALIZERS, Worker, over_redis, wait_for_state

pytestmark = [over_redis, pytest.mark.once]

ARGUMENTS: dict[str, list[Any]] = {
    "json": [
        uuid.UUID(int=7),
        datetime(2026, 1, 2, tzinfo=UTC),
        Decimal("1.10"),
        b"\x00\xff",
        "\0 ü",
        {"b": 1, "a": 2},
    ],
    "yaml": [{1: "int keys"}, datetime(2026, 1, 2), "ü", {"b": 1, "a": [None]}],
    "msgpack": [b"\x00\xff", 2**40, "ü", {"b": 1.5, "a": [None]}],
    "pickle": [{1, 2}, (3, (4,)), timedelta(1), {(1, 2): 3}, b"\x00\xff"],
}


def take_message(queue: str) -> Any:
    """Take the first message out of a queue; return its body, content type and encoding as they are on the wire."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        message = channel.basic_get(queue, no_ack=True)
        return message and (message.body, message.content_type, message.content_encoding)


@pytest.mark.parametrize("sequence", [list, tuple])
@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_retry_sends_the_same_bytes(
    serializer: str, sequence: type, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "accept_content", SERIALIZERS)
    unread = new_queue()
    # Pickle alone tells a tuple from a list.
    sent = {
        "args": sequence(ARGUMENTS[serializer]),
        "kwargs": {"b": 1, "a": ARGUMENTS[serializer][0]},
        "serializer": serializer,
    }
    fail_first.apply_async(queue=unread, **sent)
    before = take_message(unread)
    assert before

    failed = fail_first.apply_async(queue=worker.queue, task_id=uuid.uuid4().hex, **sent)
    wait_for_state(failed.id, states.FAILURE)
    assert TaskMessage.objects.get().serializer == serializer
    outcome = retry(SYSTEM, task_ref(failed.id), overrides=RetryOverrides(queue=unread))

    assert outcome.refusals == ()
    assert take_message(unread) == before
