"""Operations that are ready to run, kept for the next request with the same text: those used least go first."""

from __future__ import annotations

from collections import OrderedDict
from sys import getsizeof
from threading import Lock
from typing import Generic, Protocol, TypeVar

from graphql import DocumentNode

from graphql_api.conf import settings


class Parsed(Protocol):
    """What is kept."""

    @property
    def document(self) -> DocumentNode: ...


Operation = TypeVar("Operation", bound=Parsed)
Key = tuple[str, str | None]
"""The text of a document, and the name by which a request chose one of its operations."""
_TOKEN_BYTES = 700
"""A document has some 200 bytes for each comment and up to 600 for each other token, measured with graphql-core 3.2 and
3.3, and plans for its fields."""
_LARGEST_PART = 4
"""One document takes no more than this part of the room."""


class DocumentCache(Generic[Operation]):
    """As many operations as `DOCUMENT_CACHE_BYTES` has room for."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, tuple[Operation, int]] = OrderedDict()
        self._lock = Lock()
        self.size = 0
        """Bytes of all that is kept."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Operation | None:
        """The operation, which was used just now."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Key, operation: Operation) -> None:
        """Keep the operation, unless it is there or too large."""
        most = settings().document_cache_bytes
        size = _size(key[0], operation.document)
        with self._lock:
            if key in self._kept or size * _LARGEST_PART > most:
                return
            self._kept[key] = operation, size
            self.size += size
            while self.size > most:
                self.size -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
            self.size = 0


def _size(text: str, document: DocumentNode) -> int:
    """Bytes that the document takes, by its tokens: each refers to the next, comments too."""
    count = 0
    token = document.loc.start_token if document.loc else None
    while token is not None:
        count, token = count + 1, token.next
    return 2 * getsizeof(text) + count * _TOKEN_BYTES  # comments and strings have their characters once more
