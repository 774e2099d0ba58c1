"""A TCP proxy between a worker and its database, whose connections a test can break or refuse."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from typing import Self


class DatabaseProxy:
    """Carries bytes both ways.

    Attributes:
        accepted: How many connections were opened so far.
        refused: How many connections were closed at once, since the proxy was `down`.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._is_down = threading.Event()
        self._lock = threading.Lock()
        self.accepted = 0
        self.refused = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def cut(self) -> int:
        """Break every open connection, and return how many there were."""
        with self._lock:
            broken, self._open = self._open, set()
        for connection in broken:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return len(broken) // 2

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Break every open connection, and refuse new ones for as long as this lasts."""
        self._is_down.set()
        self.cut()
        try:
            yield
        finally:
            self._is_down.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_down.set()
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if self._is_down.is_set():
                    self.refused += 1
                    client.close()
                    continue
                self.accepted += 1
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server, selectors.DefaultSelector() as selector:
            with self._lock:
                self._open |= {client, server}
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            with contextlib.suppress(OSError):
                while _forward(selector):
                    pass
            with self._lock:
                self._open -= {client, server}


def _forward(selector: selectors.DefaultSelector) -> bool:
    for key, _ in selector.select():
        source: socket.socket = key.fileobj  # type: ignore[assignment]
        chunk = source.recv(65536)
        if not chunk:
            return False
        key.data.sendall(chunk)
    return True
