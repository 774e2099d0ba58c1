"""Cursors: pages neither skip nor repeat rows, whatever is inserted and updated between them."""

import itertools
import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from django_celery_results.exceptions import BadCursor
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import cursors, ordering
from django_celery_results.query.cursors import Position
from django_celery_results.query.ordering import OrderDirection, TaskResultOrder, TaskResultOrderField
from django_celery_results.query.pages import Page, PageRequest
from django_celery_results.query.session import Session
from tests.factories import at, create_task
from tests.random_examples import random_examples

FINGERPRINT = cursors.fingerprint("test")
PUBLISHED = "AW9yZGVyYnkxAAZhfSY3oJAAAAAAAAAABw"
"""A cursor that clients may have stored: microseconds since 1970 of 2026-11-30 12:00:00.25, and the key 7."""
TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9989, 12, 31)).map(lambda time: time.replace(tzinfo=UTC))
DURATIONS = st.timedeltas(timedelta(days=-36_500), timedelta(days=36_500))
KEYS = st.integers(0, 2**63 - 1)
EVERY_ORDER = [
    TaskResultOrder(field=field, direction=direction) for field in TaskResultOrderField for direction in OrderDirection
]
ORDERS = st.sampled_from(EVERY_ORDER)

pytestmark = pytest.mark.timeout(600)  # some take ten seconds on a quiet machine


@pytest.fixture(autouse=True)
def allow_slow_orders(settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_SLOW_ORDERS": True}


@random_examples(40)
@given(duration=DURATIONS, pk=KEYS)
def test_cursor_of_a_duration_round_trips(duration: timedelta, pk: int) -> None:
    position = Position(value=duration, pk=pk)
    assert cursors.decode(cursors.encode(position, FINGERPRINT), FINGERPRINT, is_span=True) == position


@random_examples(40)
@given(time=TIMES, pk=KEYS)
def test_cursor_of_a_time_round_trips(time: datetime, pk: int) -> None:
    position = Position(value=time, pk=pk)
    assert cursors.decode(cursors.encode(position, FINGERPRINT), FINGERPRINT) == position


@random_examples(40)
@given(
    text=st.one_of(
        st.text(), st.binary(min_size=25, max_size=25).map(lambda raw: cursors.urlsafe_b64encode(raw).decode())
    )
)
def test_random_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode(text, FINGERPRINT)


@pytest.mark.parametrize("text", ["", "A" * 100_000, "é" * 34, "\ud800" * 34, "\0" * 34])
def test_malformed_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode(text, FINGERPRINT)


def forge(version: int, micros: int, more: bytes = b"") -> str:
    """Return a cursor of these parts, as a client may forge it."""
    return urlsafe_b64encode(struct.pack(">B8sqq", version, FINGERPRINT, micros, 7) + more).rstrip(b"=").decode()


def test_cursor_has_the_published_format() -> None:
    position = Position(value=datetime(2026, 11, 30, 12, 0, 0, 250_000, tzinfo=UTC), pk=7)
    assert cursors.encode(position, b"orderby1") == PUBLISHED
    assert cursors.decode(PUBLISHED, b"orderby1") == position


@pytest.mark.parametrize("text", [forge(0, 0), forge(2, 0), forge(1, 0, b"x"), forge(1, 0) + "A", forge(1, 0)[:-1]])
def test_cursor_of_another_version_or_length_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode(text, FINGERPRINT)


def test_cursor_made_for_another_order_or_filter_is_a_bad_cursor() -> None:
    for other in (cursors.fingerprint("a"), bytes(8), b"\xff" * 8):
        with pytest.raises(BadCursor):
            cursors.decode(forge(1, 0), other)


@pytest.mark.parametrize("time", [datetime(1000, 1, 1), datetime(9990, 1, 1)])
def test_forged_time_outside_of_the_years_of_databases_is_a_bad_cursor(time: datetime) -> None:
    micros = (time - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert cursors.decode(forge(1, micros), FINGERPRINT).value == time.replace(tzinfo=UTC)
    with pytest.raises(BadCursor):
        cursors.decode(forge(1, micros - 1 if time.year == 1000 else micros + 1), FINGERPRINT)


@pytest.mark.django_db
@random_examples(40)
@given(order=ORDERS, seconds=st.lists(st.integers(0, 3), max_size=12), size=st.integers(1, 4), backward=st.booleans())
def test_pages_concatenate_to_the_whole_list(
    order: TaskResultOrder, seconds: list[int], size: int, backward: bool
) -> None:
    replace_rows(seconds)
    whole = [row.pk for row in get_page(PageRequest(first=100), order).rows]
    assert len(whole) == len(seconds)
    assert whole == sort(whole, order)
    assert pks_of_all_pages(order, size, backward=backward) == whole
    has_earlier_page = [
        page.has_next_page if backward else page.has_previous_page for page in pages(order, size, backward=backward)
    ]
    assert not has_earlier_page[0]
    assert all(has_earlier_page[1:])


@pytest.mark.django_db
@random_examples(40)
@given(data=st.data(), order=ORDERS, seconds=st.lists(st.integers(0, 3), min_size=2, max_size=10))
def test_unchanged_rows_appear_once_while_others_are_inserted_and_updated(
    data: st.DataObject, order: TaskResultOrder, seconds: list[int]
) -> None:
    replace_rows(seconds)
    before = list(TaskResult.objects.order_by("pk").values_list("pk", flat=True))
    updated, unchanged = before[::2], before[1::2]
    numbers = iter(range(8))  # with a row before each page for ever, the pages would never end

    def write() -> None:
        for number in itertools.islice(numbers, data.draw(st.integers(0, 2))):
            create_task(
                f"new{number}", date_created=at(data.draw(st.integers(0, 5))), date_started=at(1), date_done=at(1)
            )
        dates = {name: at(data.draw(st.integers(0, 9))) for name in ("date_started", "date_done")}
        TaskResult.objects.filter(pk=data.draw(st.sampled_from(updated))).update(status="FAILURE", **dates)

    seen = pks_of_all_pages(order, data.draw(st.integers(1, 3)), backward=data.draw(st.booleans()), between=write)
    assert_seen_once(seen, order, unchanged=unchanged, before=before)


@pytest.mark.django_db(transaction=True)  # the writers' connections must see the rows
def test_unchanged_rows_appear_once_while_other_connections_write() -> None:
    for number in range(40):
        dates = {"date_created": at(number), "date_started": at(number % 7), "date_done": at(10 + number % 11)}
        create_task(f"unchanged{number}", **dates)
        create_task(f"updated{number}", **dates)
    before = list(TaskResult.objects.order_by("pk").values_list("pk", flat=True))
    unchanged = list(TaskResult.objects.filter(task_id__startswith="unchanged").values_list("pk", flat=True))
    is_over = Event()
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write_until, is_over, seed) for seed in range(2)]
        try:
            for order in EVERY_ORDER:
                for backward in (False, True):
                    seen = pks_of_all_pages(order, 7, backward=backward)
                    assert_seen_once(seen, order, unchanged=unchanged, before=before)
        finally:
            is_over.set()
        assert all(writer.result() > 0 for writer in writers)


def write_until(is_over: Event, seed: int) -> int:
    """Insert, update and delete rows on a connection of this thread. Return the number of rounds."""
    random = Random(seed)
    try:
        for number in itertools.count(1):
            dates = {name: at(random.uniform(0, 40)) for name in ("date_started", "date_done")}
            row = TaskResult.objects.filter(task_id=f"updated{random.randrange(40)}")
            row.update(status=random.choice(["STARTED", "FAILURE", "SUCCESS"]), **dates)
            create_task(f"new{seed}-{number}", date_created=at(random.uniform(0, 40)), **dates)
            TaskResult.objects.filter(task_id=f"new{seed}-{number - 20}").delete()
            if is_over.wait(0.002):
                return number
    finally:
        connection.close()
    raise AssertionError("unreachable")


def assert_seen_once(seen: list[int], order: TaskResultOrder, *, unchanged: list[int], before: list[int]) -> None:
    """Check that each unchanged row was seen once, in order. No row changes its place by date of creation."""
    must_be_seen = before if order.field is TaskResultOrderField.DATE_CREATED else unchanged
    assert sorted(pk for pk in seen if pk in must_be_seen) == sorted(must_be_seen)
    assert [pk for pk in seen if pk in unchanged] == sort(unchanged, order)


def replace_rows(seconds: list[int]) -> None:
    """Delete all rows, and create one for each number, with dates that differ by microseconds."""
    TaskResult.objects.all().delete()
    for number, second in enumerate(seconds):
        create_task(
            f"t{number}", date_created=at(second / 1e6), date_started=at(second / 1e6), date_done=at(second % 2)
        )


def pages(order: TaskResultOrder, size: int, *, backward: bool = False) -> Iterator[Page[TaskResult]]:
    """Yield page after page, from one end of the list to the other."""
    page = get_page(PageRequest(last=size) if backward else PageRequest(first=size), order)
    for _ in range(500):
        yield page
        if not (page.has_previous_page if backward else page.has_next_page):
            return
        if backward:
            page = get_page(PageRequest(last=size, before=page.start_cursor), order)
        else:
            page = get_page(PageRequest(first=size, after=page.end_cursor), order)
    raise AssertionError("the pages never end")


def pks_of_all_pages(
    order: TaskResultOrder, size: int, *, backward: bool = False, between: Callable[[], None] = lambda: None
) -> list[int]:
    """Return the primary keys of all pages in the list's order. `between` is called after each page."""
    pks: list[int] = []
    for page in pages(order, size, backward=backward):
        of_page = [row.pk for row in page.rows]
        pks = of_page + pks if backward else pks + of_page
        between()
    return pks


def get_page(request: PageRequest, order: TaskResultOrder) -> Page[TaskResult]:
    return Session(viewer=SYSTEM, columns=()).page(request, order=order)


def sort(pks: list[int], order: TaskResultOrder) -> list[int]:
    """Return the rows' primary keys in this order, sorted by Python."""

    def key(pk: int) -> tuple[timedelta, int]:
        value = ordering.value_of(order, TaskResult.objects.get(pk=pk))
        return value if isinstance(value, timedelta) else value - at(0), pk

    return sorted(pks, key=key, reverse=order.direction is OrderDirection.DESC)
