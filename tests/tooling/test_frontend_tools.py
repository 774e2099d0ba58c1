"""Relay's compiler and gql.tada accept the schema."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import ROOT, SECONDS

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

SOURCES = Path(__file__).parent / "frontends"
LOCKS = [path for path in sorted(ROOT.glob("*/**/package-lock.json")) if "node_modules" not in path.parts]


@pytest.fixture(scope="module")
def project(npm: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources for both tools with the schema; each tool has generated what TypeScript needs."""
    folder = tmp_path_factory.mktemp("frontends") / "project"
    shutil.copytree(SOURCES, folder)
    shutil.copy(ROOT / "schema.graphql", folder)
    (folder / "node_modules").symlink_to(npm(SOURCES) / "node_modules")
    (folder / "generated").mkdir()
    for command in ("relay-compiler", "gql.tada generate-output"):
        done = run(folder, command)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = command.split()
    return subprocess.run(
        [folder / "node_modules" / ".bin" / program, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.heavy
def test_relay_generates_pagination_and_refetch_by_node(project: Path) -> None:
    refetch = (project / "generated" / "RelayTaskRefetchQuery.graphql.ts").read_text()
    assert "node(id: $id)" in refetch
    assert "hasNextPage" in (project / "generated" / "RelayTasksPaginationQuery.graphql.ts").read_text()


@pytest.mark.heavy
def test_typescript_accepts_both_and_reports_mistakes(project: Path) -> None:
    """The mistakes are in the sources, under `@ts-expect-error`."""
    done = run(project, "tsc")
    assert done.returncode == 0, done.stdout


@pytest.mark.heavy
def test_gql_tada_reports_no_mistake_in_operations(project: Path) -> None:
    done = run(project, "gql.tada check --level error")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_lock_files_name_no_registry(lock: Path) -> None:
    text = lock.read_text()
    assert '"integrity"' in text
    assert '"resolved"' not in text
