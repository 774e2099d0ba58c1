"""`make` finds a Python interpreter, and says in one line what is missing."""

import shutil
from pathlib import Path

import pytest

from tests.programs import ROOT, run

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the files that make reads."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools", folder / "tools")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def write_script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_make_names_a_python_that_is_too_old(checkout: Path) -> None:
    old = write_script(checkout / "python3.9", "echo 3.9; exit 1")
    done = run("make", "demo", cwd=checkout, PYTHON=old)
    assert f"Python 3.11 or newer is needed; {old} is 3.9" in done.stderr


def test_version_manager_shim_that_fails_is_skipped(checkout: Path) -> None:
    shim = write_script(checkout / "python3.12", "echo 'pyenv: version not installed' >&2; exit 127")
    done = run(str(checkout / "tools" / "python"), cwd=checkout, PYTHON=f"{shim} python3")
    assert done.returncode == 0
    assert "python3" in done.stdout
    assert shim not in done.stdout


def test_missing_python_is_reported_in_one_line(checkout: Path) -> None:
    done = run(str(checkout / "tools" / "python"), cwd=checkout, PYTHON="/no/python")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none was found" in done.stderr


def test_first_install_without_network_reports_the_reason(checkout: Path) -> None:
    unreachable = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    done = run("make", "demo", cwd=checkout, **unreachable)
    assert done.returncode != 0
    assert "error: the packages could not be installed; is there a network" in done.stderr
    assert "Traceback" not in done.stderr


def test_folder_without_write_permission_is_named(checkout: Path) -> None:
    done = run("make", "demo", "VENV=/proc/venv", cwd=checkout)
    assert "error: cannot write /proc/venv" in done.stderr
