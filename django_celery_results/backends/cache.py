"""Results in a Django cache, whichever it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery.backends.base import KeyValueStoreBackend
from django.core.cache import BaseCache, caches


class CacheBackend(KeyValueStoreBackend):
    """`cache_backend` in Celery's settings names the alias in `CACHES`; the default cache otherwise."""

    app: Any
    expires: float | None

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        kwargs["serializer"] = "pickle"  # a cache pickles by itself: values go through untouched
        super().__init__(app, *args, **kwargs)

    @property
    def cache_backend(self) -> BaseCache:
        return caches[self.app.conf.cache_backend or "default"]

    @property
    def cache_timeout(self) -> float | None:
        """Django's word for "never" is None; 0 would store nothing."""
        return self.expires or None

    def get(self, key: Any) -> Any:
        return self.cache_backend.get(_text(key))

    def mget(self, keys: Iterable[Any]) -> Any:
        return self.cache_backend.get_many([_text(key) for key in keys])

    def set(self, key: Any, value: Any) -> None:
        self.cache_backend.set(_text(key), value, self.cache_timeout)

    def delete(self, key: Any) -> None:
        self.cache_backend.delete(_text(key))

    def expire(self, key: Any, value: Any) -> None:
        self.cache_backend.touch(_text(key), value or None)

    def encode(self, data: Any) -> Any:
        return data

    def decode(self, data: Any) -> Any:
        return data


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key
