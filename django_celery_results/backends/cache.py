"""Results in a Django cache, whichever it is. Chords are completed by Celery's own polling task.

Writers of one task are kept apart by `add`, which is atomic in every cache of Django's but the file-based one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from celery.backends.base import KeyValueStoreBackend
from django.core.cache import BaseCache, caches
from django.core.cache import cache as default_cache

from django_celery_results.facts import attempt_of
from django_celery_results.state_changes import SelfStored
from django_celery_results.states import is_replaced, status_of

from .outcome import OutcomeMixin, self_stored_by

__all__ = ["CacheBackend", "default_cache"]
LOCK_SECONDS = 2


class CacheBackend(OutcomeMixin, KeyValueStoreBackend):
    """`cache_backend` in Celery's settings names the alias in `CACHES`; the default cache otherwise."""

    app: Any
    expires: float | None
    supports_native_join = True
    supports_autoexpire = True

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["serializer"] = "pickle"  # a cache pickles by itself: values go through untouched
        super().__init__(app, *args, **kwargs)

    @property
    def cache_backend(self) -> BaseCache:
        return caches[self.app.conf.cache_backend or "default"]

    def get(self, key: Any) -> Any:
        return self.cache_backend.get(_text(key))

    def mget(self, keys: Iterable[Any]) -> Any:
        return self.cache_backend.get_many([_text(key) for key in keys])

    def set(self, key: Any, value: Any) -> None:
        self.cache_backend.set(_text(key), value, _timeout(self.expires))

    def delete(self, key: Any) -> None:
        self.cache_backend.delete(_text(key))

    def expire(self, key: Any, value: Any) -> None:
        self.cache_backend.touch(_text(key), _timeout(value))

    def encode(self, data: Any) -> Any:
        return data

    def decode(self, data: Any) -> Any:
        return data

    def _store_result(
        self,
        task_id: str,
        result: Any,
        state: str | None = None,
        traceback: Any = None,
        request: Any = None,
        *,
        status: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Store a state unless the one in the cache stands above it."""
        meta = self._get_result_meta(  # type: ignore[attr-defined]
            result=result, state=status_of(state or status), traceback=traceback, request=request
        )
        told = {**meta, "task_id": task_id, "attempt": attempt_of(task_id, request)}
        key = _text(self.get_key_for_task(task_id))
        self_stored = self_stored_by(task_id, told["status"], request, told["attempt"])
        is_taken = self.cache_backend.add(key, told, _timeout(self.expires))
        if not is_taken:
            with self._alone(key):
                is_taken = self._replace(key, told, self_stored)
        if is_taken and self_stored:
            self_stored.note(told["date_done"])
        return result

    def _replace(self, key: str, told: dict[str, Any], self_stored: SelfStored | None) -> bool:
        """A state stored without a request tells nothing of names and arguments: what is known of them stays."""
        stored = self.get(key) or {}
        is_own = self_stored is not None and self_stored.gives_way(stored.get("date_done"))
        is_taken = not stored or is_replaced(
            stored=stored["status"],
            stored_attempt=stored.get("attempt"),
            by=told["status"],
            attempt=told["attempt"],
            is_own=is_own,
        )
        if is_taken:
            self.set(key, {**stored, **told})
        return is_taken

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """No other writer reads and replaces this key meanwhile; one that died holds nobody up for longer than this."""
        lock, deadline = f"{key}.lock", time.monotonic() + LOCK_SECONDS
        while not (is_ours := self.cache_backend.add(lock, True, LOCK_SECONDS)) and time.monotonic() < deadline:
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311 - so that writers do not come back all at once
        try:
            yield
        finally:
            if is_ours:
                self.cache_backend.delete(lock)


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key


def _timeout(seconds: float | None) -> float | None:
    """Celery's 0 says "never", which is None for Django; its own 0 would store nothing."""
    return seconds or None
