"""Build the dashboard from its sources and the packages of its lock file, once for each state of the sources."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.isolation import machine_lock
from tests.npm import install
from tests.programs import SECONDS

ROOT = Path(__file__).parents[1]
DASHBOARD = Path("examples/dashboard")
NOT_SOURCES = ("node_modules", "gql", "dist", "dist.new", "build.log")


def copy_to(root: Path) -> Path:
    """Copy the sources and the schema, with installed packages, and return the folder of the dashboard."""
    packages = install(ROOT / DASHBOARD, "package*.json") / "node_modules"
    shutil.copytree(ROOT / DASHBOARD, root / DASHBOARD, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    shutil.copy(ROOT / "schema.graphql", root)
    shutil.copytree(ROOT / "tools", root / "tools")
    (root / DASHBOARD / "node_modules").symlink_to(packages)
    return root / DASHBOARD


def script(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts in package.json."""
    command = ["npm", "run", "--silent", name, "--", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL
    )


def run_tool(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the tool by which `make demo` builds the dashboard."""
    command = [str(root / "tools" / "dashboard")]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=SECONDS)


@cache
def built() -> Path:
    """Return the folder of the built files."""
    target = Path(tempfile.gettempdir()) / f"dcr-dashboard-{_digest()}"
    with machine_lock(target.name):
        if not (target / "done").exists():
            shutil.rmtree(target, ignore_errors=True)
            folder = copy_to(target)
            done = run_tool(target)
            assert (folder / "dist" / "index.html").exists(), done.stdout + done.stderr
            (target / "done").touch()
    return target / DASHBOARD / "dist"


def _digest() -> str:
    digest = hashlib.sha256((ROOT / "schema.graphql").read_bytes())
    for path in sorted((ROOT / DASHBOARD).rglob("*")):
        if path.is_file() and not set(NOT_SOURCES) & set(path.relative_to(ROOT).parts):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
