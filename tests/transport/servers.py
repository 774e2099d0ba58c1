"""A real ASGI server around the test project, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.core.asgi import get_asgi_application

from tests.workers import PATIENCE, wait_for


@contextmanager
def asgi_server() -> Iterator[str]:
    """Run uvicorn on a free port. Yield its URL."""
    config = uvicorn.Config(get_asgi_application(), port=0, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()
