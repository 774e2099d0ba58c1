"""Run the system checks of the package under settings that a test chooses."""

from contextlib import AbstractContextManager
from typing import Any

from django.core import checks
from django.test import override_settings


def package_settings(**keys: Any) -> AbstractContextManager[None]:
    """Set these keys of DJANGO_CELERY_RESULTS for a while."""
    return override_settings(DJANGO_CELERY_RESULTS=keys)  # type: ignore[return-value]


def run_checks(*, deploy: bool = False, database: bool = False) -> dict[str, checks.CheckMessage]:
    """Return the messages of this package by id, as `manage.py check` would print them."""
    messages = checks.run_checks(include_deployment_checks=deploy, databases=["default"] if database else None)
    return {str(each.id).removeprefix("django_celery_results."): each for each in messages if "celery" in str(each.id)}
