"""Names that keep this process of the suite apart from others: databases, exchanges, queues and keys contain them.

A process of pytest-xdist inherits the id of the run and adds its own name; a worker that a test starts inherits both.
"""

import fcntl
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN_ID = "-".join(
    (os.environ.setdefault("TEST_RUN_ID", f"dcr-{uuid.uuid4().hex[:8]}"), os.environ.get("PYTEST_XDIST_WORKER", "main"))
)


def transport_options(broker: str) -> dict[str, str]:
    """Return the options that give keys in Redis a prefix of this process; other brokers need none."""
    return {"global_keyprefix": f"{RUN_ID}:"} if broker.startswith("redis") else {}


def new_queue() -> str:
    """Return the name of a queue that no other test reads, purges or counts."""
    return f"{RUN_ID}-{uuid.uuid4().hex[:12]}"


@contextmanager
def machine_lock(name: str) -> Iterator[None]:
    """Let one process of this machine at a time make what is kept between runs of the suite."""
    with (Path(tempfile.gettempdir()) / f"dcr-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
