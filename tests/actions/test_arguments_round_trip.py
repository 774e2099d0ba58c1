"""Arguments of every type that a message can carry survive failure, record and retry unchanged."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from celery import states
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu.serialization import dumps, loads

from django_celery_results.actions.retry import retry
from django_celery_results.message_codec import Message, MessageUnavailable, decode, encode
from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from tests.celery_app import app
from tests.factories import task_ref
from tests.tasks import fail_first
from tests.workers import SERIALIZERS, Worker, wait_for

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.uuids()
    | st.decimals(allow_nan=False) | st.dates() | st.times() | st.datetimes(timezones=st.none() | ZONES)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
KWARGS = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name != "self"), VALUES, max_size=3
)


def as_received(args: list[Any], kwargs: dict[str, Any]) -> str:
    """Return how a worker receives these arguments: after JSON, as text."""
    content_type, encoding, body = dumps([args, kwargs], serializer="json")
    return repr(tuple(loads(body, content_type, encoding)))


def test_arguments_of_a_retry_are_those_of_the_first_run(worker: Worker) -> None:
    expected: dict[str, str] = {}

    @settings(max_examples=60, database=None, deadline=None)
    @given(st.lists(VALUES, max_size=4), KWARGS)
    def publish(args: list[Any], kwargs: dict[str, Any]) -> None:
        sent = fail_first.apply_async(args, kwargs, queue=worker.queue)
        expected[sent.id] = as_received(args, kwargs)

    publish()
    rows = TaskResult.objects.all()
    wait_for(lambda: rows.filter(status=states.FAILURE).count() == len(expected))
    new_ids = {task_id: retry(SYSTEM, task_ref(task_id)).task_id for task_id in expected}
    wait_for(lambda: rows.filter(status=states.SUCCESS).count() == len(expected))
    received = {task_id: fail_first.AsyncResult(new_ids[task_id]).result["given"] for task_id in expected}
    assert received == expected


@pytest.mark.parametrize(
    ("serializer", "value"),
    [
        (
            "json",
            [UUID(int=1), datetime(2026, 1, 1), date(2026, 1, 1), time(1), Decimal("1.0"), b"\xff", "\0", "\ud800"],
        ),
        ("yaml", [{1: {2, 3}}, datetime(2026, 1, 1), "text"]),
        ("msgpack", [b"\xff", {"a": [1.5, None]}]),
        ("pickle", [{1, 2}, (3, (4,)), timedelta(1), {(1, 2): 3}]),
    ],
)
def test_record_keeps_the_types_of_each_serializer(
    serializer: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(serializer if serializer in ("yaml", "msgpack") else "json")
    monkeypatch.setattr(app.conf, "accept_content", SERIALIZERS)
    message = Message(task_name=fail_first.name, serializer=serializer, args=[value], kwargs={"k": value})
    record = encode(app, "id", message, own_serializer=serializer)
    decoded = decode(app, record)
    assert record.serializer == serializer
    assert (repr(decoded.args), repr(decoded.kwargs)) == (repr([value]), repr({"k": value}))


@pytest.mark.parametrize(
    "value", [(1, 2), {1: 2}, {1, 2}, timedelta(1), {"__type__": "uuid", "__value__": {"hex": "0" * 32}}]
)
def test_arguments_that_json_would_change_are_not_kept(value: Any) -> None:
    with pytest.raises(MessageUnavailable):
        encode(app, "id", Message(task_name=fail_first.name, serializer="", args=[value], kwargs={}))


def test_message_above_the_limit_is_not_kept(settings: Any) -> None:
    message = Message(task_name=fail_first.name, serializer="json", args=["x" * 2_000], kwargs={})
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 2_100}
    encode(app, "id", message)
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 1_000}
    with pytest.raises(MessageUnavailable, match="MESSAGE_MAX_BYTES"):
        encode(app, "id", message)


class Xor:
    """A cipher that is good for tests only."""

    def encrypt(self, data: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in data)

    decrypt = encrypt


@pytest.mark.django_db
def test_cipher_encrypts_body_and_options_of_the_record(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_CIPHER": "tests.actions.test_arguments_round_trip.Xor"}
    message = Message(
        task_name=fail_first.name, serializer="json", args=["secret"], kwargs={}, options={"headers": {"key": "secret"}}
    )
    encode(app, "id", message).save(force_insert=True)
    stored = TaskMessage.objects.get()
    assert "secret" not in f"{stored.body}{stored.options}"
    assert decode(app, stored).args == ["secret"]
    settings.DJANGO_CELERY_RESULTS = {}
    with pytest.raises(MessageUnavailable, match="MESSAGE_CIPHER"):
        decode(app, stored)
