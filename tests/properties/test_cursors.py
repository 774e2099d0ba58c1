"""Pages neither skip nor repeat rows, whatever is inserted and changed between them."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
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

MARK = cursors.fingerprint("test")
moments = st.datetimes(datetime(1000, 1, 1), datetime(9989, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
EVERY_ORDER = [
    TaskResultOrder(field=field, direction=direction) for field in TaskResultOrderField for direction in OrderDirection
]
orders = st.sampled_from(EVERY_ORDER)

every_example_its_rows = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def slow_orders(settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_SLOW_ORDERS": True}


@given(span=st.timedeltas(timedelta(days=-36_500), timedelta(days=36_500)), pk=st.integers(0, 2**63 - 1))
@every_example_its_rows
def test_a_cursor_of_a_span_comes_back_exactly(span: timedelta, pk: int) -> None:
    position = Position(value=span, pk=pk)
    assert cursors.decode(cursors.encode(position, MARK), MARK, is_span=True) == position


@every_example_its_rows
@given(moment=moments, pk=st.integers(0, 2**63 - 1))
def test_a_cursor_comes_back_exactly(moment: datetime, pk: int) -> None:
    position = Position(value=moment, pk=pk)
    assert cursors.decode(cursors.encode(position, MARK), MARK) == position


@every_example_its_rows
@given(
    text=st.one_of(
        st.text(), st.binary(min_size=25, max_size=25).map(lambda raw: cursors.urlsafe_b64encode(raw).decode())
    )
)
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode(text, MARK)


@pytest.mark.parametrize("text", ["", "A" * 100_000, "é" * 34, "\ud800" * 34, "\0" * 34])
def test_hostile_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        cursors.decode(text, MARK)


@pytest.mark.django_db
@every_example_its_rows
@given(order=orders, seconds=st.lists(st.integers(0, 3), max_size=12), size=st.integers(1, 4), backward=st.booleans())
def test_pages_add_up_to_the_list(order: TaskResultOrder, seconds: list[int], size: int, backward: bool) -> None:
    stored(seconds)
    whole = [row.pk for row in _page(PageRequest(first=100), order).rows]
    assert len(whole) == len(seconds)
    assert whole == sorted(whole, key=lambda pk: _key(pk, order), reverse=order.direction is OrderDirection.DESC)
    assert walk(order, size, backward=backward) == whole
    behind = [
        page.has_next_page if backward else page.has_previous_page for page in pages(order, size, backward=backward)
    ]
    assert not behind[0]
    assert all(behind[1:])


@pytest.mark.django_db
@every_example_its_rows
@given(data=st.data(), order=orders, seconds=st.lists(st.integers(0, 3), min_size=2, max_size=10))
def test_rows_appear_once_while_others_are_inserted_and_change(
    data: st.DataObject, order: TaskResultOrder, seconds: list[int]
) -> None:
    stored(seconds)
    before = list(TaskResult.objects.order_by("pk").values_list("pk", flat=True))
    moving = before[::2]

    numbers = iter(range(8))  # or rows might be inserted before each page for ever

    def disturb() -> None:
        for number in itertools.islice(numbers, data.draw(st.integers(0, 2))):
            create_task(
                f"new{number}", date_created=at(data.draw(st.integers(0, 5))), date_started=at(1), date_done=at(1)
            )
        moments = {name: at(data.draw(st.integers(0, 9))) for name in ("date_started", "date_done")}
        TaskResult.objects.filter(pk=data.draw(st.sampled_from(moving))).update(status="FAILURE", **moments)

    seen = walk(order, data.draw(st.integers(1, 3)), backward=data.draw(st.booleans()), between=disturb)
    check_seen(seen, order, stands=before[1::2], before=before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(100)
def test_rows_appear_once_while_other_connections_write() -> None:
    for number in range(40):
        create_task(
            f"stands{number}", date_created=at(number), date_started=at(number % 7), date_done=at(10 + number % 11)
        )
        create_task(
            f"moves{number}", date_created=at(number), date_started=at(number % 7), date_done=at(10 + number % 11)
        )
    before = list(TaskResult.objects.order_by("pk").values_list("pk", flat=True))
    stands = list(TaskResult.objects.filter(task_id__startswith="stands").values_list("pk", flat=True))
    ended = Event()
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, number, ended) for number in range(2)]
        try:
            for order in EVERY_ORDER:
                for backward in (False, True):
                    check_seen(walk(order, 7, backward=backward), order, stands=stands, before=before)
        finally:
            ended.set()
        assert all(writer.result() > 0 for writer in writers)


def write(seed: int, ended: Event) -> int:
    """Insert, change and delete rows on a connection of this thread's own; how often."""
    random = Random(seed)
    try:
        for number in itertools.count(1):
            moments = {name: at(random.uniform(0, 40)) for name in ("date_started", "date_done")}
            moved = TaskResult.objects.filter(task_id=f"moves{random.randrange(40)}")
            moved.update(status=random.choice(["STARTED", "FAILURE", "SUCCESS"]), **moments)
            create_task(f"new{seed}-{number}", date_created=at(random.uniform(0, 40)), **moments)
            TaskResult.objects.filter(task_id=f"new{seed}-{number - 20}").delete()
            if ended.wait(0.002):
                return number
    finally:
        connection.close()
    raise AssertionError("it counts for ever")


def check_seen(seen: list[int], order: TaskResultOrder, *, stands: list[int], before: list[int]) -> None:
    """What never changed is seen once, in its order; by a date that never changes, so is every row."""
    known = before if order.field is TaskResultOrderField.DATE_CREATED else stands
    assert sorted(pk for pk in seen if pk in known) == sorted(known)
    expected = sorted(stands, key=lambda pk: _key(pk, order), reverse=order.direction is OrderDirection.DESC)
    assert [pk for pk in seen if pk in stands] == expected


def stored(seconds: list[int]) -> None:
    TaskResult.objects.all().delete()
    for number, second in enumerate(seconds):
        # A microsecond decides as much as a second does.
        create_task(
            f"t{number}", date_created=at(second / 1e6), date_started=at(second / 1e6), date_done=at(second % 2)
        )


def pages(order: TaskResultOrder, size: int, *, backward: bool = False) -> Iterator[Page[TaskResult]]:
    """Page by page, from either end to the other."""
    page = _page(PageRequest(last=size) if backward else PageRequest(first=size), order)
    for _ in range(500):
        yield page
        if not (page.has_previous_page if backward else page.has_next_page):
            return
        if backward:
            page = _page(PageRequest(last=size, before=page.start_cursor), order)
        else:
            page = _page(PageRequest(first=size, after=page.end_cursor), order)
    raise AssertionError("the pages never end")


def walk(
    order: TaskResultOrder, size: int, *, backward: bool = False, between: Callable[[], None] = lambda: None
) -> list[int]:
    """Every row in the list's order; `between` happens after each page."""
    found: list[int] = []
    for page in pages(order, size, backward=backward):
        pks = [row.pk for row in page.rows]
        found = pks + found if backward else found + pks
        between()
    return found


def _page(request: PageRequest, order: TaskResultOrder) -> Page[TaskResult]:
    return Session(viewer=SYSTEM, columns=()).page(request, order=order)


def _key(pk: int, order: TaskResultOrder) -> tuple[timedelta, int]:
    value = ordering.value_of(order, TaskResult.objects.get(pk=pk))
    return value if isinstance(value, timedelta) else value - at(0), pk
