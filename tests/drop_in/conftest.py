"""The project that moves from the 2.x package to this one, on a new database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drop_in.old_package import old_python
from tests.drop_in.projects import Project, new_database


@pytest.fixture(scope="session")
def old_package() -> str:
    """The Python interpreter of an environment with 2.6.0."""
    return old_python()


@pytest.fixture
def project(tmp_path: Path, old_package: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[Project]:
    """The project on a new database of the server under test."""
    with django_db_blocker.unblock(), new_database(tmp_path) as database:
        yield Project(database=database)
