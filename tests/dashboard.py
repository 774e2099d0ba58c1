"""The dashboard as a checkout has it, with the packages of its lock file; built once per state of its sources."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.isolation import alone
from tests.npm import install

ROOT = Path(__file__).parents[1]
DASHBOARD = Path("examples/dashboard")
MADE = ("node_modules", "gql", "dist", "dist.new", "build.log")


def copy_to(root: Path) -> Path:
    """A copy of the sources and the schema, whose packages are installed."""
    packages = install(ROOT / DASHBOARD, "package*.json") / "node_modules"
    shutil.copytree(ROOT / DASHBOARD, root / DASHBOARD, ignore=shutil.ignore_patterns(*MADE))
    shutil.copy(ROOT / "schema.graphql", root)
    shutil.copytree(ROOT / "tools", root / "tools")
    (root / DASHBOARD / "node_modules").symlink_to(packages)
    return root / DASHBOARD


def script(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts in package.json."""
    command = ["npm", "run", "--silent", name, "--", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL)


def run_tool(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build as `make demo` does."""
    command = [str(root / "tools" / "dashboard")]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=100)


@cache
def built() -> Path:
    """The built files."""
    target = Path(tempfile.gettempdir()) / f"dcr-dashboard-{_digest()}"
    with alone(target.name):
        if not (target / "done").exists():
            shutil.rmtree(target, ignore_errors=True)
            folder = copy_to(target)
            done = run_tool(target)
            assert (folder / "dist" / "index.html").exists(), done.stdout + done.stderr
            (target / "done").touch()
    return target / DASHBOARD / "dist"


def _digest() -> str:
    found = hashlib.sha256((ROOT / "schema.graphql").read_bytes())
    for path in sorted((ROOT / DASHBOARD).rglob("*")):
        if path.is_file() and not set(MADE) & set(path.relative_to(ROOT).parts):
            found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:16]
