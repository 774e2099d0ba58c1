"""Keyset pages: constant time at any depth, in both directions, with counts that cost nothing unless asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput, PageTooLarge

from . import cursors, ordering
from .cursors import Position
from .ordering import Order, OrderDirection

Row = TypeVar("Row")

MAX_COUNT = 100_000


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which part of a list, as Relay asks for it."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def is_backward(self) -> bool:
        return self.last is not None or (self.first is None and self.before is not None and self.after is None)

    @property
    def is_first(self) -> bool:
        """Whether it is the beginning of the list."""
        return self.after is None and self.before is None and self.last is None

    def size(self) -> int:
        """Rows to return; refuses what contradicts itself or is too large."""
        if self.first is not None and self.last is not None:
            raise InvalidInput("Ask for `first` or for `last`, not for both.")
        name, size = ("last", self.last) if self.last is not None else ("first", self.first)
        if size is None:
            return settings().page_size
        if size < 0:
            raise InvalidInput(f"`{name}` is zero or more.")
        if size > settings().max_page_size:
            raise PageTooLarge(f"`{name}` is at most {settings().max_page_size} here; ask for more by `after`.")
        return size


@dataclass(frozen=True, kw_only=True)
class BoundedCount:
    """A count that stopped at a limit, or did not have to."""

    value: int
    is_exact: bool


class Edge(Generic[Row]):
    """A row and where it stands in its list, which is written only for who asks."""

    __slots__ = ("_page", "node")

    def __init__(self, page: Page[Row], node: Row) -> None:
        self._page, self.node = page, node

    @property
    def cursor(self) -> str:
        return self._page.cursor(self.node)


class Page(Generic[Row]):
    """Rows of one page. What costs a further query is computed when it is read."""

    def __init__(
        self,
        queryset: QuerySet[Any],
        order: Order,
        request: PageRequest,
        made_for: tuple[Any, ...],
        *,
        load: Callable[[QuerySet[Any]], list[Row]],
        within: Q | Callable[[], Q] | None = None,
    ) -> None:
        """`made_for` and `within` tell cursors of this list from those of others, `load` makes nodes out of the query
        for their rows, `within` narrows the list: by what is only worked out where it is needed, if it is a function.
        """
        self._queryset, self._given_within, self._load = queryset, within, load
        self._order, self._made_for = order, made_for
        self._size = request.size()
        self._after, self._before = self._position(request.after), self._position(request.before)
        self._is_backward = request.is_backward

    @cached_property
    def _within(self) -> Q:
        given = self._given_within
        return (given() if callable(given) else given) or Q()

    @cached_property
    def _mark(self) -> bytes:
        return cursors.fingerprint(*self._made_for, self._within)

    def _position(self, cursor: str | None) -> Position | None:
        if cursor is None:
            return None
        return cursors.decode(cursor, self._mark, is_span=ordering.is_span(self._order))

    @cached_property
    def _matching(self) -> QuerySet[Any]:
        """The rows of the whole list. A preloaded page may never ask for them."""
        return _narrowed(ordering.listed(self._queryset, self._order), self._within)

    @cached_property
    def rows(self) -> Sequence[Row]:
        """In the list's order, whichever way the page was asked for."""
        found = self._fetched[: self._size]
        return found[::-1] if self._is_backward else found

    def preload(self, rows: list[Row]) -> None:
        """Use rows that were loaded for several pages at once: those of this page, and more if there are more."""
        self.__dict__["_fetched"] = rows

    @cached_property
    def _fetched(self) -> list[Row]:
        # One row more than asked for tells whether others follow.
        within = _narrowed(
            self._matching, self._beyond(self._after, forward=True), self._beyond(self._before, forward=False)
        )
        return self._load(within.order_by(*ordering.columns(self._order, backward=self._is_backward))[: self._size + 1])

    @property
    def edges(self) -> Sequence[Edge[Row]]:
        """The rows with their cursors. They refer to the page, and so are not kept by it: the rows would stay in the
        memory until the garbage collector comes."""
        return [Edge(self, row) for row in self.rows]

    @property
    def has_next_page(self) -> bool:
        return self._continues(forward=True)

    @property
    def has_previous_page(self) -> bool:
        return self._continues(forward=False)

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.rows else None

    @property
    def page_info(self) -> Page[Row]:
        """The page itself: it answers each question when it is asked."""
        return self

    def _continues(self, *, forward: bool) -> bool:
        if forward != self._is_backward and len(self._fetched) > self._size:
            return True
        edge = self._before if forward else self._after
        if edge is None:
            return False
        return self._matching.filter(self._beyond(edge, forward=forward, or_at="e")).exists()

    def _beyond(self, position: Position | None, *, forward: bool, or_at: str = "") -> Q:
        """Rows after (or before) a position, in a shape whose first half every database serves by index."""
        if position is None:
            return Q()
        descends = (self._order.direction is OrderDirection.DESC) == forward
        name, sign = self._order.field.value, "lt" if descends else "gt"
        return Q(**{f"{name}__{sign}e": position.value}) & (
            Q(**{f"{name}__{sign}": position.value}) | Q(**{f"pk__{sign}{or_at}": position.pk})
        )

    def cursor(self, row: Row) -> str:
        """Where this row stands."""
        node: Any = row
        return cursors.encode(Position(value=ordering.value_of(self._order, node), pk=node.pk), self._mark)

    @cached_property
    def total_count(self) -> int:
        """Of the whole list, exactly."""
        return self._matching.order_by().count()

    def count(self, limit: int) -> BoundedCount:
        """Of the whole list, looking no further than `limit`."""
        if not 0 < limit <= MAX_COUNT:
            raise InvalidInput(f"`max` lies between 1 and {MAX_COUNT}.")
        found = self._matching.order_by().values("pk")[: limit + 1].count()
        return BoundedCount(value=min(found, limit), is_exact=found <= limit)


def _narrowed(queryset: QuerySet[Any], *conditions: Q) -> QuerySet[Any]:
    """Without a copy of the query for conditions that say nothing."""
    given = [condition for condition in conditions if condition]
    return queryset.filter(*given) if given else queryset
