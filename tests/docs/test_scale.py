"""docs/scale.md: its SQL runs on PostgreSQL, and its router sends our models where it says."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from django_celery_results.models import TaskResult
from tests.docs.pages import block, blocks
from tests.factories import create_task


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the page's SQL is PostgreSQL's")
def test_its_sql_runs() -> None:
    create_task("t", task_name="shop.tasks.pay")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE task_archive (task_id text PRIMARY KEY, task_name text, status text, "
            "date_created timestamptz, date_done timestamptz)"
        )
        for statement in blocks("scale", "sql"):
            cursor.execute(statement)
        cursor.execute("SELECT task_id FROM task_archive")
        assert cursor.fetchall() == [("t",)]


@pytest.mark.once
def test_its_router_sends_results_to_their_database() -> None:
    names: dict[str, Any] = {}
    exec(block("scale", "python", "class ResultsRouter"), names)
    router = names["ResultsRouter"]()
    assert (router.db_for_write(TaskResult), router.db_for_read(User)) == ("results", None)
    assert router.allow_migrate("default", "django_celery_results") is False
    assert router.allow_migrate("default", "auth") is None
