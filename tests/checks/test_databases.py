"""System checks that depend on the database."""

from __future__ import annotations

import pytest
from celery import Celery
from django.db import connection
from django.test import override_settings

from django_celery_results.checks import databases
from django_celery_results.models import TaskResult
from tests.checks.conftest import results, said

TASKS = TaskResult._meta.db_table


def test_w003_a_kept_connection_on_sqlite() -> None:
    with results(KEEP_CONNECTION=True):
        assert ("W003" in said()) is (connection.vendor == "sqlite")


def test_w004_notify_without_postgresql() -> None:
    with results(NOTIFY=True):
        assert ("W004" in said()) is (connection.vendor != "postgresql")


@pytest.mark.django_db
def test_w006_ids_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    TaskResult.objects.create(pk=1_900_000_000, task_id="far")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('django_celery_results_taskresult', 'id'))")
        monkeypatch.setattr(databases, "_LAST_INT4", 1)
    found = said(database=True)
    assert ("W006" in found) is (connection.vendor != "sqlite" and not databases._is_bigint(connection, TASKS))
    monkeypatch.setattr(databases, "_LAST_INT4", 2**62)
    assert "W006" not in said(database=True)


@pytest.mark.django_db
@override_settings(DJANGO_CELERY_RESULTS_BIG_IDS=True)
def test_w009_ids_that_were_to_be_widened() -> None:
    is_narrow = connection.vendor != "sqlite" and not databases._is_bigint(connection, TASKS)
    assert ("W009" in said(database=True)) is is_narrow
    assert "W009" not in said()


@pytest.mark.django_db
def test_w007_too_many_connections(celery_app: Celery) -> None:
    celery_app.conf.worker_concurrency = 100_000
    assert ("W007" in said(database=True)) is (connection.vendor != "sqlite")
    assert "W007" not in said()
