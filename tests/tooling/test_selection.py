"""Tests get their marks from their fixtures, and `make test` ends by naming what it left out."""

from pathlib import Path

import pytest

from tests.programs import ROOT, run

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

CONFTEST = """
from tests.conftest import *

def pytest_deselected(items):
    for item in items:
        marks = {mark.name for mark in item.iter_markers()} & {*MARKS, *LEFT_OUT}
        print("deselected", item.originalname, *marks)
"""
EXAMPLES = """
import pytest

@pytest.fixture
def browser(): ...

def test_in_python(): ...
def test_over_worker(run_worker): ...
def test_over_shared_worker(worker): ...
def test_in_browser(browser, admin_user): ...
@pytest.mark.heavy
def test_for_minutes(): ...
"""
MARKS = {
    "test_over_worker": {"services", "database"},
    "test_over_shared_worker": {"services", "database"},
    "test_in_browser": {"browser", "database"},
    "test_for_minutes": {"heavy"},
}
LEFT_OUT = [("3", "make test-services"), ("1", "make test-browser"), ("1", "make test-all"), ("not", "make test-lanes")]


@pytest.mark.parametrize("processes", ["0", "1"])
def test_default_selection_leaves_out_marked_tests_and_names_the_commands(tmp_path: Path, processes: str) -> None:
    """A suite with the options, the plugins and the conftest.py of this one runs one of five tests."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_examples.py").write_text(EXAMPLES)
    options = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), "-p", "no:cacheprovider")
    command = ("python", "-m", "pytest", *options, "-n", processes, "--dist", "loadgroup", str(tmp_path))
    done = run(*command, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "1 passed" in lines[-1]
    left_out = [line.strip() for line in lines if "not run:" in line]
    assert [(line.split()[0], line.rpartition(": ")[2]) for line in left_out] == LEFT_OUT
    if processes == "0":  # pytest-xdist's processes print nothing
        deselected = [line.split()[1:] for line in lines if line.startswith("deselected ")]
        assert {name: set(marks) for name, *marks in deselected} == MARKS
