"""System checks: every wrong or dangerous setting, each with an id that never changes. `docs/checks.md` lists them."""

from __future__ import annotations

from django.core.checks import Tags, register

from . import celery, databases, installation, settings

__all__ = ["connect"]


def connect() -> None:
    """Register the checks; the application does it when it is ready."""
    for check in (settings.check_settings, celery.check_celery, installation.check_installation):
        register(check, "celery_results")
    register(celery.check_recommendations, "celery_results", deploy=True)
    register(settings.check_speed, "celery_results", deploy=True)
    register(settings.check_exposure, Tags.security, deploy=True)
    register(databases.check_databases, Tags.database)
