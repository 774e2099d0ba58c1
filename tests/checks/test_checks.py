"""Each system check reports its id and a hint, and a correct project gets no message."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from celery import Celery
from django.apps import apps
from django.test import override_settings

from django_celery_results.checks import celery, installation
from tests.checks.running import package_settings, run_checks


@pytest.mark.usefixtures("celery_app")
def test_correct_project_gets_no_message() -> None:
    with package_settings(
        POLICY="tests.checks.setting_values.OwnPolicy",
        RETENTION={"SUCCESS": 60, "FAILURE": 3600.0},
        REDACT_KEYS=["pin"],
    ):
        assert run_checks() == {}


def test_e001_reports_an_unknown_key() -> None:
    with package_settings(ALOW_EDITS=True):
        assert run_checks()["E001"].hint == "Did you mean ALLOW_EDITS?"
    with package_settings(XYZ=1):
        assert "ALLOW_EDITS" in str(run_checks()["E001"].hint)


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("ALLOW_EDITS", "yes", "ALLOW_EDITS must be True or False."),
        ("MERGE_STARTED_AFTER", "1", "MERGE_STARTED_AFTER must be a number."),
        ("MERGE_STARTED_AFTER", -1, "MERGE_STARTED_AFTER must be 0 or more."),
        ("CHORD_LEASE", 0, "CHORD_LEASE must be more than 0."),
        ("PAGE_SIZE", True, "PAGE_SIZE must be a whole number."),
        ("KEEP_CONNECTION", "no", "KEEP_CONNECTION must be True or False or None."),
        ("RETENTION", {"SUCCESS": "1d"}, "RETENTION must be a dictionary from a string to a number."),
        ("REDACT_KEYS", "password", "REDACT_KEYS must be a list in which each item is a string."),
        (
            "STORE_MESSAGES",
            "sometimes",
            "STORE_MESSAGES must be one of 'never', 'failed', 'started', 'always' or None.",
        ),
    ],
)
def test_e002_reports_a_wrong_value(key: str, value: Any, hint: str) -> None:
    with package_settings(**{key: value}):
        assert run_checks()["E002"].hint == hint


def test_e002_reports_a_page_size_above_the_maximum() -> None:
    with package_settings(MAX_PAGE_SIZE=20):
        message = run_checks()["E002"]
    assert "'PAGE_SIZE'] is 50" in message.msg
    assert message.hint == "PAGE_SIZE must be at most MAX_PAGE_SIZE."


def test_e002_reports_headers_that_no_retry_may_override() -> None:
    with package_settings(RETRY_HEADERS=["tenant", "CC", "task", "dcr_hidden"]):
        assert str(run_checks()["E002"].hint).endswith(": CC, task, dcr_hidden.")
    with package_settings(RETRY_HEADERS=["tenant"]):
        assert "E002" not in run_checks()


@override_settings(DJANGO_CELERY_RESULTS_BIG_IDS="False")
def test_e002_reports_a_wrong_value_of_a_setting_outside_the_dictionary() -> None:
    assert run_checks()["E002"].hint == "DJANGO_CELERY_RESULTS_BIG_IDS must be True or False."


def test_e001_reports_keys_that_are_not_strings() -> None:
    with override_settings(DJANGO_CELERY_RESULTS={1: True, "XYZ": True}):
        assert "XYZ" in run_checks()["E001"].msg


def test_e002_reports_a_setting_that_is_not_a_dictionary() -> None:
    with override_settings(DJANGO_CELERY_RESULTS=["ALLOW_EDITS"]):
        assert "not a dictionary" in run_checks()["E002"].msg


@pytest.mark.parametrize("key", ["POLICY", "MESSAGE_CIPHER", "CELERY_APP"])
def test_e003_reports_a_path_that_cannot_be_imported(key: str) -> None:
    with package_settings(**{key: "tests.nowhere.Thing"}):
        message = run_checks()["E003"]
    assert key in message.msg
    assert key in str(message.hint)


@pytest.mark.parametrize("key", ["POLICY", "MESSAGE_CIPHER", "CELERY_APP"])
def test_e004_reports_an_object_of_the_wrong_type(key: str) -> None:
    with package_settings(**{key: "tests.checks.setting_values.NotAPolicy"}):
        assert key in run_checks()["E004"].msg


def test_e005_reports_an_unknown_database() -> None:
    with package_settings(DATABASE_FOR_READS="replica"):
        assert "DATABASE_FOR_READS" in str(run_checks()["E005"].hint)


def test_e006_reports_an_unknown_cache(celery_app: Celery) -> None:
    celery_app.conf.update(result_backend="django-cache", cache_backend="results")
    assert "CELERY_CACHE_BACKEND" in str(run_checks()["E006"].hint)


@pytest.mark.skipif(not apps.is_installed("graphql_api"), reason="this lane has no GraphQL library")
def test_e007_reports_another_package_named_graphql_api() -> None:
    theirs = SimpleNamespace(path=str(Path(__file__).parent))
    with patch.object(installation.apps, "get_app_config", return_value=theirs):
        assert "pip uninstall graphql-api" in str(installation.check_installation()[0].hint)


def test_e008_reports_two_installed_distributions() -> None:
    both = [SimpleNamespace(name="django_celery_results", version=version) for version in ("2.6.0", "3.0.0")]
    with patch.object(installation, "distributions", return_value=both):
        assert "2.6.0" in run_checks()["E008"].msg


def test_e009_reports_a_configuration_that_celery_rejects(celery_app: Celery) -> None:
    celery_app.conf.result_backend = "no-such-backend"
    assert "no-such-backend" in run_checks()["E009"].msg


def test_w001_reports_that_no_celery_app_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery, "project_app", lambda: Celery("default", set_as_current=False))
    assert "CELERY_APP" in str(run_checks()["W001"].hint)


def test_w002_reports_another_result_backend(celery_app: Celery) -> None:
    celery_app.conf.result_backend = "rpc://"
    assert "CELERY_RESULT_BACKEND" in str(run_checks()["W002"].hint)


def test_w005_reports_accepted_pickle(celery_app: Celery) -> None:
    celery_app.conf.accept_content = ["json", "pickle"]
    assert "CELERY_RESULT_ACCEPT_CONTENT" in str(run_checks()["W005"].hint)


def test_w008_reports_open_views_at_deployment_only() -> None:
    with package_settings(OPEN_VIEWS=True):
        assert "OPEN_VIEWS" in str(run_checks(deploy=True)["W008"].hint)
        assert "W008" not in run_checks()


def test_i001_reports_that_arguments_are_not_stored(celery_app: Celery) -> None:
    assert "I001" not in run_checks(deploy=True)
    celery_app.conf.result_extended = False
    assert "CELERY_RESULT_EXTENDED" in str(run_checks(deploy=True)["I001"].hint)
    assert "no task can be retried" in run_checks(deploy=True)["I001"].msg
    with package_settings(STORE_MESSAGES="failed"):
        assert "retried" not in run_checks(deploy=True)["I001"].msg


def test_i002_reports_that_expired_results_are_not_deleted(celery_app: Celery) -> None:
    assert "prune_task_results" in str(run_checks(deploy=True)["I002"].hint)
    celery_app.conf.beat_schedule = {"nightly": {"task": "t", "schedule": 60.0}}
    assert "I002" not in run_checks(deploy=True)
