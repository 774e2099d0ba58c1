"""Fresh databases for projects that move from the 2.x package to this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .old_package import old_python
from .projects import Project, fresh_database


@pytest.fixture(scope="session")
def old_package() -> str:
    """The interpreter that has 2.6.0."""
    return old_python()


@pytest.fixture
def project(tmp_path: Path, old_package: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[Project]:
    with django_db_blocker.unblock(), fresh_database(tmp_path) as database:
        yield Project(database=database)
