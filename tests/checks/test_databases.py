"""System checks that depend on the database report their ids where they apply."""

import pytest
from celery import Celery
from django.db import connection
from django.test import override_settings

from django_celery_results.checks import databases
from django_celery_results.models import TaskResult
from tests.checks.running import package_settings, run_checks
from tests.foreign_backend import foreign_backend

TASKS = TaskResult._meta.db_table


def test_w003_reports_a_kept_connection_on_sqlite() -> None:
    with package_settings(KEEP_CONNECTION=True):
        assert ("W003" in run_checks()) is (connection.vendor == "sqlite")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="nothing is slower there")
@pytest.mark.parametrize(("keeps", "check"), [(True, "W003"), (None, "I003"), (False, None)])
def test_i003_reports_a_backend_that_is_not_djangos(keeps: bool | None, check: str | None, celery_app: Celery) -> None:
    with package_settings(KEEP_CONNECTION=keeps), foreign_backend():
        messages = run_checks(deploy=True)
    assert messages.keys() & {"W003", "I003"} == ({check} if check else set())
    assert check is None or "tests.foreign_backend" in messages[check].msg


def test_i003_is_not_reported_for_djangos_own_backends() -> None:
    assert "I003" not in run_checks(deploy=True)


def test_w004_reports_notify_without_postgresql() -> None:
    with package_settings(NOTIFY=True):
        assert ("W004" in run_checks()) is (connection.vendor != "postgresql")


@pytest.mark.django_db
def test_w006_reports_that_ids_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    TaskResult.objects.create(pk=1_900_000_000, task_id="far")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('django_celery_results_taskresult', 'id'))")
        monkeypatch.setattr(databases, "_LAST_INT4", 1)
    assert ("W006" in run_checks(database=True)) is (
        connection.vendor != "sqlite" and not databases._is_bigint(connection, TASKS)
    )
    monkeypatch.setattr(databases, "_LAST_INT4", 2**62)
    assert "W006" not in run_checks(database=True)


@pytest.mark.django_db
@override_settings(DJANGO_CELERY_RESULTS_BIG_IDS=True)
def test_w009_reports_ids_that_are_not_widened_yet() -> None:
    is_narrow = connection.vendor != "sqlite" and not databases._is_bigint(connection, TASKS)
    assert ("W009" in run_checks(database=True)) is is_narrow
    assert "W009" not in run_checks()


@pytest.mark.django_db
def test_w007_reports_more_workers_than_connections(celery_app: Celery) -> None:
    celery_app.conf.worker_concurrency = 100_000
    assert ("W007" in run_checks(database=True)) is (connection.vendor != "sqlite")
    assert "W007" not in run_checks()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "mysql", reason="no other database has row formats")
@pytest.mark.parametrize(("row_format", "is_reported"), [("COMPACT", True), ("REDUNDANT", True), ("DYNAMIC", False)])
def test_w010_reports_a_row_format_too_small_for_the_new_columns(
    row_format: str, is_reported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TaskResult._meta, "db_table", "tasks_of_2_x")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE tasks_of_2_x (id int) ROW_FORMAT={row_format}")
        try:
            assert ("W010" in run_checks(database=True)) is is_reported
        finally:
            cursor.execute("DROP TABLE tasks_of_2_x")
