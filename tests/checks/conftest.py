"""A project of which the checks speak."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest
from celery import Celery
from django.core import checks
from django.test import override_settings

from django_celery_results.checks import celery


def results(**keys: Any) -> AbstractContextManager[None]:
    return override_settings(DJANGO_CELERY_RESULTS=keys)  # type: ignore[return-value]


def said(*, deploy: bool = False, database: bool = False) -> dict[str, checks.CheckMessage]:
    """What `manage.py check` says of this package, by id."""
    messages = checks.run_checks(include_deployment_checks=deploy, databases=["default"] if database else None)
    return {str(each.id).removeprefix("django_celery_results."): each for each in messages if "celery" in str(each.id)}


@pytest.fixture
def celery_app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    app = Celery("of-a-check", set_as_current=False)
    app.conf.update(result_backend="django-db", broker_url="memory://", result_extended=True)
    monkeypatch.setattr(celery, "project_app", lambda: app)
    return app
