"""A retry sends the very bytes that the first message had, whatever its serializer."""

import uuid
from collections.abc import Iterator
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


@pytest.fixture
def polyglot(worker: Worker) -> Iterator[Worker]:
    """The worker, which accepts every serializer, and an app that does."""
    before = app.conf.accept_content
    app.conf.accept_content = SERIALIZERS
    yield worker
    app.conf.accept_content = before


def first(queue: str) -> Any:
    """The message that waits in a queue, as it is on the wire."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        message = channel.basic_get(queue, no_ack=True)
        return message and (message.body, message.content_type, message.content_encoding)


@pytest.mark.parametrize("sequence", [list, tuple])
@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_the_bytes_are_the_same(serializer: str, sequence: type, polyglot: Worker) -> None:
    unread = f"dcr-{uuid.uuid4().hex[:12]}"
    # Pickle alone tells a tuple from a list.
    sent = {
        "args": sequence(ARGUMENTS[serializer]),
        "kwargs": {"b": 1, "a": ARGUMENTS[serializer][0]},
        "serializer": serializer,
    }
    fail_first.apply_async(queue=unread, **sent)
    before = first(unread)

    failed = fail_first.apply_async(queue=polyglot.queue, task_id=uuid.uuid4().hex, **sent)
    wait_for_state(failed.id, states.FAILURE)
    assert TaskMessage.objects.get().serializer == serializer
    outcome = retry(SYSTEM, task_ref(failed.id), overrides=RetryOverrides(queue=unread))

    assert outcome.refusals == ()
    assert first(unread) == before
