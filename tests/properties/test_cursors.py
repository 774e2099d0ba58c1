"""Pages neither skip nor repeat rows, whatever is inserted and changed between them."""

from datetime import UTC, datetime, timedelta

import pytest
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
from tests.query.rows import at, task

MARK = cursors.fingerprint("test")
moments = st.datetimes(datetime(1000, 1, 1), datetime(9989, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
orders = st.builds(
    TaskResultOrder, field=st.sampled_from(TaskResultOrderField), direction=st.sampled_from(OrderDirection)
)

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
    walked = backwards(order, size) if backward else forwards(order, size)
    assert walked == whole


@pytest.mark.django_db
@every_example_its_rows
@given(data=st.data(), seconds=st.lists(st.integers(0, 3), min_size=1, max_size=10), size=st.integers(1, 3))
def test_old_rows_appear_once_while_others_are_inserted_and_change(
    data: st.DataObject, seconds: list[int], size: int
) -> None:
    stored(seconds)
    before = set(TaskResult.objects.values_list("pk", flat=True))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = _page(PageRequest(first=size, after=cursor), TaskResultOrder())
        seen += [row.pk for row in page.rows]
        if not page.has_next_page:
            break
        cursor = page.end_cursor
        for number in range(data.draw(st.integers(0, 2))):
            task(f"new{len(seen)}-{number}", date_created=at(data.draw(st.integers(0, 5))))
        TaskResult.objects.filter(pk=data.draw(st.sampled_from(sorted(before)))).update(
            status="FAILURE", date_done=at(data.draw(st.integers(0, 9)))
        )
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def stored(seconds: list[int]) -> None:
    TaskResult.objects.all().delete()
    for number, second in enumerate(seconds):
        # A microsecond decides as much as a second does.
        task(f"t{number}", date_created=at(second / 1e6), date_started=at(second / 1e6), date_done=at(second % 2))


def forwards(order: TaskResultOrder, size: int) -> list[int]:
    found: list[int] = []
    page = _page(PageRequest(first=size), order)
    assert not page.has_previous_page
    found += [row.pk for row in page.rows]
    while page.has_next_page:
        page = _page(PageRequest(first=size, after=page.end_cursor), order)
        assert page.has_previous_page
        found += [row.pk for row in page.rows]
    return found


def backwards(order: TaskResultOrder, size: int) -> list[int]:
    page = _page(PageRequest(last=size), order)
    assert not page.has_next_page
    found = [row.pk for row in page.rows]
    while page.has_previous_page:
        page = _page(PageRequest(last=size, before=page.start_cursor), order)
        assert page.has_next_page
        found = [row.pk for row in page.rows] + found
    return found


def _page(request: PageRequest, order: TaskResultOrder) -> Page[TaskResult]:
    return Session(viewer=SYSTEM, columns=()).page(request, order=order)


def _key(pk: int, order: TaskResultOrder) -> tuple[timedelta, int]:
    value = ordering.value_of(order, TaskResult.objects.get(pk=pk))
    return value if isinstance(value, timedelta) else value - at(0), pk
