"""How a waiter learns that results are there: polls that start fast and slow down, many ids in one query.

Where the setting `notify` is on, PostgreSQL wakes the waiter and polling is only a safety net. `aget` is the same for
coroutines.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from celery import exceptions, states
from celery.result import EagerResult, ResultSet
from django.db import connections

from django_celery_results import codec
from django_celery_results.conf import settings
from django_celery_results.models import TaskResult
from django_celery_results.single_rows import TOLD

from .notifications import listening, notify
from .polling import Throttled, pauses
from .read_ahead import PAGE, ReadAhead, StateFirst

SAFETY_PAUSE = 2.0
"""How long a waiter trusts in being woken before it looks by itself."""


class WaitingMixin:
    """What `DatabaseBackend` does for those who wait."""

    app: Any
    TaskModel: Any
    reading: Callable[..., Any]
    alias_for_write: Callable[..., str]
    _meta_or_unknown: Callable[[Any, str], dict[str, Any]]
    _decode_meta: Callable[[Any], dict[str, Any]]
    supports_native_join = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_ahead = ReadAhead(self._rows)

    # One result

    def wait_for(
        self,
        task_id: str,
        timeout: float | None = None,
        interval: float = 0.5,
        no_ack: bool = True,
        on_interval: Callable[[], Any] | None = None,
    ) -> dict[str, Any]:
        """The meta of a task once it is ready."""
        self._ensure_not_eager()  # type: ignore[attr-defined]
        notice = Throttled(on_interval)
        for _ in self._polls([task_id], timeout, interval):
            with self._read_ahead.whole_rows():
                meta: dict[str, Any] = self.get_task_meta(task_id)
            if meta["status"] in states.READY_STATES:
                notice.now()  # the error of a parent comes before the task's own, as with backends that push
                return meta
            notice()
        raise exceptions.TimeoutError("The operation timed out.")

    def get_task_meta(self, task_id: str, cache: bool = True) -> dict[str, Any]:
        """Return the meta as Celery does; read the members of a set together where one is asked for after the other."""
        if cache and task_id not in self._cache:  # type: ignore[attr-defined]
            found, row = self._read_ahead.take(str(task_id))
            if found:
                is_whole = row is None or self._read_ahead.reads_whole_rows
                return self._meta_kept(row, task_id) if is_whole else self._state_first(row)
        return super().get_task_meta(task_id, cache=cache)  # type: ignore[misc, no-any-return]

    def meta_from_decoded(self, meta: dict[str, Any]) -> dict[str, Any]:
        """Decode as Celery does, but leave the value of a failure unread until somebody looks at it."""
        return meta if isinstance(meta, StateFirst) else super().meta_from_decoded(meta)  # type: ignore[misc]

    def _state_first(self, row: Any) -> StateFirst:
        children = self._decode_meta(row).get("children", [])
        known = {"task_id": row.task_id, "status": row.status, "children": children}
        return self._read_ahead.state_first(known, row, self._meta_kept)

    def add_pending_result(self, result: Any, *args: Any, **kwargs: Any) -> Any:
        self._read_ahead.expect(result)
        return result

    def remove_pending_result(self, result: Any) -> Any:
        self._read_ahead.forget(result)
        return result

    def forget(self, task_id: str) -> None:
        self._read_ahead.drop(task_id)  # results of Celery before 5.7 do not say that nobody looks at them any more
        super().forget(task_id)  # type: ignore[misc]

    # Many results

    def get_many(
        self,
        task_ids: Iterable[str],
        timeout: float | None = None,
        interval: float = 0.5,
        no_ack: bool = True,
        on_message: Callable[[dict[str, Any]], Any] | None = None,
        on_interval: Callable[[], Any] | None = None,
        max_iterations: int | None = None,
        READY_STATES: Iterable[str] = states.READY_STATES,  # noqa: N803 - Celery's name
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Id and meta of each task as it becomes ready: one query a poll, whatever their number."""
        missing = set(task_ids)
        if not missing:
            return
        notice = Throttled(on_interval)
        for poll, _ in enumerate(self._polls(missing, timeout, interval), start=1):
            for task_id, row in self._rows(missing, status=READY_STATES).items():
                meta = self._meta_kept(row, task_id)
                missing.discard(task_id)
                if on_message is not None:
                    on_message(meta)
                yield task_id, meta
            if not missing or (max_iterations and poll >= max_iterations):
                return
            notice()
        raise exceptions.TimeoutError(f"The operation timed out: {len(missing)} results are missing.")

    def _meta_kept(self, row: Any, task_id: str) -> dict[str, Any]:
        meta = self._meta_or_unknown(row, task_id)
        if meta["status"] == states.SUCCESS:
            self._cache[task_id] = meta  # type: ignore[attr-defined]
        return meta

    def _rows(
        self, task_ids: Iterable[str], columns: Sequence[str] = TOLD, status: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """The rows of these tasks by the ids that were asked for."""
        asked = list(task_ids)
        rows: dict[str, Any] = {}
        for start in range(0, len(asked), PAGE):
            rows |= self.reading(
                lambda alias, page=asked[start : start + PAGE]: self._page(alias, page, columns, status)
            )
        return rows

    def _page(
        self, alias: str, task_ids: Sequence[str], columns: Sequence[str], status: Iterable[str] | None
    ) -> dict[str, Any]:
        rows = self.TaskModel._default_manager.using(alias).filter(
            task_id__in=[codec.stored_id(task_id) for task_id in task_ids]
        )
        if status is not None:
            rows = rows.filter(status__in=list(status))
        if self.TaskModel is TaskResult:
            rows = rows.values_list(*columns, named=True)  # a project's own model may tell more
        same = _folded if connections[alias].vendor == "mysql" else codec.stored_id  # who asks may keep ids as UUIDs
        found = {same(row.task_id): row for row in rows.order_by()}
        return {task_id: found[same(task_id)] for task_id in task_ids if same(task_id) in found}

    # When to look

    def _polls(self, task_ids: Iterable[str], timeout: float | None, interval: float) -> Iterator[None]:
        """Yield whenever it is time to look, until the time is over; the last look is at its very end."""
        woken = threading.Event()
        deadline = None if timeout is None else time.monotonic() + timeout
        with self.listening(task_ids, woken.set) as is_listening:
            is_listening()  # before the first look: what becomes ready after it is heard of
            for pause in pauses(interval):
                began = time.monotonic()
                yield
                now = time.monotonic()
                if deadline is not None and now >= deadline:
                    return
                wait = SAFETY_PAUSE if is_listening() else max(pause, now - began)
                woken.wait(wait if deadline is None else min(wait, deadline - now))
                woken.clear()

    def listening(self, task_ids: Iterable[str], wake: Callable[[], Any]) -> Any:
        """Be called when one of these tasks is ready, where the setting says so; yields what makes sure of it."""
        alias = self.alias_for_write() if settings().notify else None
        return listening(alias, map(codec.stored_id, task_ids), wake)

    def store_result(self, task_id: str, result: Any, state: str, *args: Any, **kwargs: Any) -> Any:
        stored = super().store_result(task_id, result, state, *args, **kwargs)  # type: ignore[misc]
        self._read_ahead.drop(task_id)
        if state in states.READY_STATES and settings().notify:
            notify(connections[self.alias_for_write(kwargs.get("using"))], codec.stored_id(task_id))
        return stored


def _folded(task_id: Any) -> str:
    """The id as MariaDB compares it in this column: without case and spaces at its end."""
    return codec.stored_id(task_id).rstrip(" ").casefold()


async def aget(
    result: Any,
    timeout: float | None = None,
    *,
    propagate: bool = True,
    interval: float = 0.5,
    disable_sync_subtasks: bool = True,
) -> Any:
    """Await what `result.get()` returns, of one task or of a group. Queries run in Django's thread for them."""
    get = sync_to_async(result.get)
    if isinstance(result, EagerResult) or getattr(result, "ignored", False):
        return await get(propagate=propagate)
    try:
        await asyncio.wait_for(_until_ready(result, interval), timeout)
    except TimeoutError:
        raise exceptions.TimeoutError("The operation timed out.") from None
    return await get(propagate=propagate, interval=interval, disable_sync_subtasks=disable_sync_subtasks)


async def _until_ready(result: Any, interval: float) -> None:
    backend, missing = result.backend, set(_leaves(result))
    woken, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(woken.set)

    with await sync_to_async(backend.listening)(missing.copy(), wake) as is_listening:
        trusts = await sync_to_async(is_listening)()
        for pause in pauses(interval):
            missing -= await sync_to_async(_ready)(backend, missing)
            if not missing:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), SAFETY_PAUSE if trusts else pause)
            woken.clear()
            trusts = await sync_to_async(is_listening)()


def _ready(backend: Any, task_ids: set[str]) -> set[str]:
    return {task_id for task_id, _ in backend.get_many(task_ids, max_iterations=1)}


def _leaves(result: Any) -> Iterator[str]:
    if isinstance(result, ResultSet):
        for member in result.results or ():
            yield from _leaves(member)
    else:
        yield result.id
