"""Install packages from npm, once for each lock file, into the temporary folder of the machine."""

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests import services
from tests.isolation import machine_lock
from tests.programs import SECONDS


@cache
def install(sources: Path, files_named: str = "*") -> Path:
    """Return a copy of the sources with their packages; skip the test where there is no network."""
    files = [path for path in sorted(sources.glob(files_named)) if path.is_file()]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"dcr-packages-{digest}"
    with machine_lock(target.name):
        if not target.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}-"))
            for path in files:
                shutil.copy(path, fresh)
            done = subprocess.run(["npm", "ci"], cwd=fresh, capture_output=True, text=True, timeout=SECONDS)
            if done.returncode:
                services.missing(f"npm ci failed: {done.stderr[-300:]}")
            fresh.rename(target)
    return target
