"""docs/scale.md shows SQL that runs on PostgreSQL, and a database router that routes results to their database."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from django_celery_results.models import TaskResult
from tests.docs.pages import code_block, code_blocks
from tests.factories import create_task


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the page's SQL is PostgreSQL's")
def test_sql_archives_a_task() -> None:
    create_task("t", task_name="shop.tasks.pay")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE task_archive (task_id text PRIMARY KEY, task_name text, status text, "
            "date_created timestamptz, date_done timestamptz)"
        )
        for statement in code_blocks("scale", "sql"):
            cursor.execute(statement)
        cursor.execute("SELECT task_id FROM task_archive")
        assert cursor.fetchall() == [("t",)]


@pytest.mark.once
def test_router_routes_results_to_their_database() -> None:
    names: dict[str, Any] = {}
    exec(code_block("scale", "python", "class ResultsRouter"), names)
    router = names["ResultsRouter"]()
    assert (router.db_for_write(TaskResult), router.db_for_read(User)) == ("results", None)
    assert router.allow_migrate("default", "django_celery_results") is False
    assert router.allow_migrate("default", "auth") is None
