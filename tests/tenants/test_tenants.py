"""With django-tenants each tenant has its own results, in web threads and in workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests import services
from tests.drop_in.projects import Project, new, new_database
from tests.isolation import new_queue

pytestmark = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no schemas")
ENGINES = {"django-tenants": "django_tenants.postgresql_backend", "home-made": "home_made"}


@pytest.fixture(params=ENGINES)
def project(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Project]:
    """A project with the tenants a and b on a fresh database, whose connections persist."""
    if request.param == "django-tenants" and connection.vendor != "postgresql":
        pytest.skip("django-tenants is for PostgreSQL")
    if request.param == "django-tenants" and not find_spec("django_tenants"):
        services.missing("django-tenants is not installed")
    more = {"ENGINE": ENGINES[request.param], "CONN_MAX_AGE": 600}
    with django_db_blocker.unblock(), new_database(tmp_path) as database:
        project = Project(
            folder=Path(__file__).parent / "project",
            database={**database, **more},
            env={"PROJECT_VENDOR": connection.vendor, "PROJECT_RESULTS": json.dumps({"KEEP_CONNECTION": True})},
        )
        try:
            project.run(new(), "prepare.py")
            yield project
        finally:
            if connection.vendor == "mysql":
                with connection.cursor() as cursor:
                    for tenant in "ab":
                        cursor.execute(f"DROP DATABASE IF EXISTS {database['NAME']}_{tenant}")


def test_web_threads_read_results_of_their_own_tenant(project: Project) -> None:
    told = project.json(new(), "visit.py")
    own = ["SUCCESS of a", "SUCCESS of b"]
    assert told["seen"] == [["PENDING None", "PENDING None", *own, *own]] * 6
    assert told["rows"] == {"a": {"SUCCESS": 6}, "b": {"SUCCESS": 6}, "public": {}}


def test_worker_stores_results_with_the_tenant_that_sent_the_task(project: Project, redis: str) -> None:
    project.env.update(PROJECT_BROKER=redis, PROJECT_QUEUE=new_queue())
    with project.worker(new(), "tenants"):
        told = project.json(new(), "publish.py")
    expected = {tenant: [None, "PROGRESS", None, *[f"of {tenant}"] * 4, 3] * 3 for tenant in "ab"}
    assert told["returned"] == expected
    assert told["rows"] == {"a": {"SUCCESS": 30}, "b": {"SUCCESS": 30}, "public": {}}
