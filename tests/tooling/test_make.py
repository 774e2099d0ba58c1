"""What make does before any Python of ours runs: it finds an interpreter, and says in one line what is missing."""

import shutil
from pathlib import Path

import pytest

from tests.programs import ROOT, run

pytestmark = pytest.mark.once


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that make reads, in a folder of its own."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_old_python_is_named(checkout: Path) -> None:
    old = program(checkout, "python3.9", "echo 3.9; exit 1")
    done = run("make", "demo", cwd=checkout, PYTHON=old)
    assert f"Python 3.11 or newer is needed; {old} is 3.9" in done.stderr


def test_a_shim_that_fails_is_passed_over(checkout: Path) -> None:
    shim = program(checkout, "python3.12", "echo 'pyenv: version not installed' >&2; exit 127")
    done = run(str(checkout / "tools" / "python"), cwd=checkout, PYTHON=f"{shim} python3")
    assert done.returncode == 0
    assert "python3" in done.stdout
    assert shim not in done.stdout


def test_no_python_at_all_is_one_line(checkout: Path) -> None:
    done = run(str(checkout / "tools" / "python"), cwd=checkout, PYTHON="/no/python")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none was found" in done.stderr


def test_without_a_network_the_first_install_says_so(checkout: Path) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    done = run("make", "demo", cwd=checkout, **nowhere)
    assert done.returncode != 0
    assert "error: the packages could not be installed; is there a network" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_named(checkout: Path) -> None:
    done = run("make", "demo", "VENV=/proc/venv", cwd=checkout)
    assert "error: cannot write /proc/venv" in done.stderr
