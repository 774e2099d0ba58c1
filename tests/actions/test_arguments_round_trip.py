"""Whatever arguments a message can carry come back from failure and retry as they were."""

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
from tests.workers import Worker, wait_for

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


def as_sent(args: list[Any], kwargs: dict[str, Any]) -> str:
    """What a worker is given of these arguments."""
    content_type, encoding, body = dumps([args, kwargs], serializer="json")
    return repr(tuple(loads(body, content_type, encoding)))


@pytest.mark.django_db(transaction=True)
def test_arguments_survive_failure_and_retry_on_a_real_worker(worker: Worker) -> None:
    expected: dict[str, str] = {}

    @settings(max_examples=60, database=None, deadline=None)
    @given(st.lists(VALUES, max_size=4), KWARGS)
    def publish(args: list[Any], kwargs: dict[str, Any]) -> None:
        sent = fail_first.apply_async(args, kwargs, queue=worker.queue)
        expected[sent.id] = as_sent(args, kwargs)

    publish()
    rows = TaskResult.objects.all()
    wait_for(lambda: rows.filter(status=states.FAILURE).count() == len(expected), timeout=60)
    new_ids = {task_id: retry(SYSTEM, task_ref(task_id)).task_id for task_id in expected}
    wait_for(lambda: rows.filter(status=states.SUCCESS).count() == len(expected), timeout=60)
    given_again = {task_id: fail_first.AsyncResult(new_ids[task_id]).result["given"] for task_id in expected}
    assert given_again == expected


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
def test_each_serializer_keeps_its_own_types(serializer: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(serializer if serializer in ("yaml", "msgpack") else "json")
    before = app.conf.accept_content
    app.conf.accept_content = ["json", "yaml", "msgpack", "pickle"]
    try:
        message = Message(task_name=fail_first.name, serializer=serializer, args=[value], kwargs={"k": value})
        record = encode(app, "id", message, own_serializer=serializer)
        again = decode(app, record)
    finally:
        app.conf.accept_content = before
    assert (record.serializer, repr(again.args), repr(again.kwargs)) == (serializer, repr([value]), repr({"k": value}))


@pytest.mark.parametrize(
    "value", [(1, 2), {1: 2}, {1, 2}, timedelta(1), {"__type__": "uuid", "__value__": {"hex": "0" * 32}}]
)
def test_arguments_that_would_arrive_changed_are_not_kept(value: Any) -> None:
    with pytest.raises(MessageUnavailable):
        encode(app, "id", Message(task_name=fail_first.name, serializer="", args=[value], kwargs={}))


def test_a_body_above_the_limit_is_not_kept(settings: Any) -> None:
    message = Message(task_name=fail_first.name, serializer="json", args=["x" * 2_000], kwargs={})
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 2_100}
    encode(app, "id", message)
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 1_000}
    with pytest.raises(MessageUnavailable, match="MESSAGE_MAX_BYTES"):
        encode(app, "id", message)


class Xor:
    """A cipher for tests alone."""

    def encrypt(self, data: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in data)

    decrypt = encrypt


@pytest.mark.django_db
def test_a_cipher_hides_body_and_options_in_the_table(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_CIPHER": "tests.actions.test_round_trip.Xor"}
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
