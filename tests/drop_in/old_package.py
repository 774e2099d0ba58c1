"""Install the real package 2.6.0 in a virtual environment of its own that is kept between runs."""

import os
import subprocess
import sys
import tempfile
import venv
from functools import cache
from pathlib import Path

from tests import services
from tests.isolation import machine_lock
from tests.programs import SECONDS

PACKAGES = (
    "django-celery-results==2.6.0", "Django==5.2.*", "celery[redis]==5.6.*", "psycopg[binary]>=3.2", "PyMySQL>=1.1.1",
)  # fmt: skip


@cache
def old_python() -> str:
    """Return the interpreter that has 2.6.0; skip the test where it cannot be installed, and fail it in CI."""
    folder = _cache_folder()
    python = folder / "bin" / "python"
    with machine_lock(folder.name):
        if not (folder / "complete").exists():
            try:
                _install(folder, python)
            except (subprocess.SubprocessError, OSError) as error:
                services.missing(f"the package 2.6.0 could not be installed to compare with: {error}")
    return str(python)


def _cache_folder() -> Path:
    base = os.environ.get("DCR_TEST_CACHE") or Path(tempfile.gettempdir()) / "dcr-test-cache"
    return Path(base) / f"django-celery-results-2.6.0-py{sys.version_info.major}.{sys.version_info.minor}"


def _install(folder: Path, python: Path) -> None:
    venv.create(folder, clear=True, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    subprocess.run(command, check=True, timeout=SECONDS, capture_output=True, env=_without_python_path())
    (folder / "complete").touch()


def _without_python_path() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
