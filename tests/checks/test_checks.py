"""One test per id of a system check, and that a good project hears nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from celery import Celery
from django.apps import apps
from django.test import override_settings

from django_celery_results.checks import celery, installation
from tests.checks.conftest import results, said

pytestmark = pytest.mark.any_database


@pytest.mark.usefixtures("celery_app")
def test_a_good_project_hears_nothing() -> None:
    with results(POLICY="tests.checks.policies.Own", RETENTION={"SUCCESS": 60, "FAILURE": 3600.0}, REDACT_KEYS=["pin"]):
        assert said() == {}


def test_e001_an_unknown_key() -> None:
    with results(ALOW_EDITS=True):
        assert said()["E001"].hint == "Did you mean ALLOW_EDITS?"
    with results(XYZ=1):
        assert "ALLOW_EDITS" in str(said()["E001"].hint)


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
def test_e002_a_wrong_value(key: str, value: Any, hint: str) -> None:
    with results(**{key: value}):
        assert said()["E002"].hint == hint


def test_e002_pages_larger_than_the_largest() -> None:
    with results(MAX_PAGE_SIZE=20):
        message = said()["E002"]
    assert "'PAGE_SIZE'] is 50" in message.msg
    assert message.hint == "PAGE_SIZE must be at most MAX_PAGE_SIZE."


@override_settings(DJANGO_CELERY_RESULTS_BIG_IDS="False")
def test_e002_a_wrong_value_outside_the_dictionary() -> None:
    assert said()["E002"].hint == "DJANGO_CELERY_RESULTS_BIG_IDS must be True or False."


def test_e001_keys_that_are_no_text() -> None:
    with override_settings(DJANGO_CELERY_RESULTS={1: True, "XYZ": True}):
        assert "XYZ" in said()["E001"].msg


def test_e002_not_a_dictionary() -> None:
    with override_settings(DJANGO_CELERY_RESULTS=["ALLOW_EDITS"]):
        assert "not a dictionary" in said()["E002"].msg


@pytest.mark.parametrize("key", ["POLICY", "MESSAGE_CIPHER", "CELERY_APP"])
def test_e003_what_cannot_be_imported(key: str) -> None:
    with results(**{key: "tests.nowhere.Thing"}):
        message = said()["E003"]
    assert key in message.msg
    assert key in str(message.hint)


@pytest.mark.parametrize("key", ["POLICY", "MESSAGE_CIPHER", "CELERY_APP"])
def test_e004_what_is_something_else(key: str) -> None:
    with results(**{key: "tests.checks.policies.NoPolicy"}):
        assert key in said()["E004"].msg


def test_e005_an_unknown_database() -> None:
    with results(DATABASE_FOR_READS="replica"):
        assert "DATABASE_FOR_READS" in str(said()["E005"].hint)


def test_e006_an_unknown_cache(celery_app: Celery) -> None:
    celery_app.conf.update(result_backend="django-cache", cache_backend="results")
    assert "CELERY_CACHE_BACKEND" in str(said()["E006"].hint)


@pytest.mark.skipif(not apps.is_installed("graphql_api"), reason="this lane has no GraphQL library")
def test_e007_somebody_elses_graphql_api() -> None:
    theirs = SimpleNamespace(path=str(Path(__file__).parent))
    with patch.object(installation.apps, "get_app_config", return_value=theirs):
        assert "pip uninstall graphql-api" in str(installation.check_installation()[0].hint)


def test_e008_two_distributions() -> None:
    both = [SimpleNamespace(name="django_celery_results", version=version) for version in ("2.6.0", "3.0.0")]
    with patch.object(installation, "distributions", return_value=both):
        assert "2.6.0" in said()["E008"].msg


def test_e009_a_configuration_that_celery_refuses(celery_app: Celery) -> None:
    celery_app.conf.result_backend = "no-such-backend"
    assert "no-such-backend" in said()["E009"].msg


def test_w001_no_app_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery, "project_app", lambda: Celery("default", set_as_current=False))
    assert "CELERY_APP" in str(said()["W001"].hint)


def test_w002_results_go_elsewhere(celery_app: Celery) -> None:
    celery_app.conf.result_backend = "rpc://"
    assert "CELERY_RESULT_BACKEND" in str(said()["W002"].hint)


def test_w005_pickle(celery_app: Celery) -> None:
    celery_app.conf.accept_content = ["json", "pickle"]
    assert "CELERY_RESULT_ACCEPT_CONTENT" in str(said()["W005"].hint)


def test_w008_open_views() -> None:
    with results(OPEN_VIEWS=True):
        assert "OPEN_VIEWS" in str(said(deploy=True)["W008"].hint)
        assert "W008" not in said()


def test_i001_arguments_are_not_stored(celery_app: Celery) -> None:
    assert "I001" not in said(deploy=True)
    celery_app.conf.result_extended = False
    assert "CELERY_RESULT_EXTENDED" in str(said(deploy=True)["I001"].hint)
    assert "no task can be retried" in said(deploy=True)["I001"].msg
    with results(STORE_MESSAGES="failed"):
        assert "retried" not in said(deploy=True)["I001"].msg


def test_i002_nothing_deletes_what_expired(celery_app: Celery) -> None:
    assert "prune_task_results" in str(said(deploy=True)["I002"].hint)
    celery_app.conf.beat_schedule = {"nightly": {"task": "t", "schedule": 60.0}}
    assert "I002" not in said(deploy=True)
