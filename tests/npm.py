"""Programs from npm, installed once per lock file into the machine's temporary folder."""

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests import services
from tests.isolation import alone


@cache
def install(sources: Path, files_named: str = "*") -> Path:
    """A copy of the sources with their packages; skips the test where there is no network."""
    files = [path for path in sorted(sources.glob(files_named)) if path.is_file()]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"dcr-packages-{digest}"
    with alone(target.name):
        if not target.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}-"))
            for path in files:
                shutil.copy(path, fresh)
            done = subprocess.run(["npm", "ci"], cwd=fresh, capture_output=True, text=True, timeout=300)
            if done.returncode:
                services.missing(f"npm ci failed: {done.stderr[-300:]}")
            fresh.rename(target)
    return target
