"""The Celery app that system checks inspect."""

import pytest
from celery import Celery

from django_celery_results.checks import celery


@pytest.fixture
def celery_app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """The app of a project that no check complains about; a test changes its configuration."""
    app = Celery("of-a-check", set_as_current=False)
    app.conf.update(result_backend="django-db", broker_url="memory://", result_extended=True)
    monkeypatch.setattr(celery, "project_app", lambda: app)
    return app
