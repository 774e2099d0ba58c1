"""What the environment says, and the one folder that the demo writes to."""

import os
import secrets
import uuid
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

HOST = "127.0.0.1"
BROKER_URL = os.environ.get("BROKER_URL") or ""
"""Empty: the embedded broker, whose address only the runner knows."""
AUTOLOGIN = os.environ.get("DEMO_AUTOLOGIN", "") not in ("", "0")
USERNAME = "demo"
READER = "reader"
"""A second user, who sees tasks and groups, but no arguments, and may order nothing."""

PROCESSES = 2
"""As many tasks run at a time."""


class Unusable(Exception):
    """Something around the demo must be put right first; the message is the one line that says what."""


def folder() -> Path:
    """Where everything goes that the demo writes."""
    return Path(os.environ.get("DEMO_DIR") or Path(__file__).parents[2] / ".demo").resolve()


def dashboard() -> Path | None:
    """Where `tools/dashboard` built the dashboard; None where it did not, as there is no npm."""
    built = Path(os.environ.get("DEMO_DASHBOARD") or Path(__file__).parents[1] / "dashboard" / "dist").resolve()
    return built if (built / "index.html").exists() else None


def database_url() -> str:
    return os.environ.get("DATABASE_URL") or f"sqlite:///{folder() / 'demo.sqlite3'}"


def port() -> int:
    """The port to serve on; 0 takes a free one."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or int(text) > 65535:
        raise Unusable(f"PORT must be a number from 0 to 65535, not {text!r}")
    return int(text)


def refuse_other_hosts() -> None:
    """The demo has one user, whose every right is free to whoever reaches it: it is for this machine alone."""
    wanted = os.environ.get("HOST") or HOST
    with suppress(ValueError):  # some shells keep the machine's name in HOST; only an address is a wish
        if ip_address(wanted) != ip_address(HOST):
            raise Unusable(f"the demo listens on {HOST} only, not on {wanted}; leave HOST unset")


def prepare_folder() -> None:
    """Create the folder, so that a place that cannot be written is known before anything starts."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        probe = folder() / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unusable(
            f"cannot write to {folder()} ({error.strerror}); name another folder: DEMO_DIR=/tmp/demo"
        ) from error


def kept_secret(name: str) -> str:
    """A random secret of this folder: made once, so that the second start shows the same password."""
    path = folder() / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12 if name == "password" else 48))
    return path.read_text()


def sample_id(name: str) -> str:
    """The Celery id of a sample task: the same at every start, so that the second one knows what is there."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"demo{os.environ.get('DEMO_RUN', '')}/{name}"))
