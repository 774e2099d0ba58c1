"""Whether this process knows the project's Celery app, and whether that stores results with us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.app import backends
from celery.exceptions import ImproperlyConfigured
from django.apps import apps
from django.conf import settings as django_settings

from django_celery_results.backends import CacheBackend, DatabaseBackend
from django_celery_results.conf import SETTING
from django_celery_results.message import mode_of
from django_celery_results.registered_tasks import is_unconfigured, known_app

from .messages import error, info, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage

_PICKLE = {"pickle", "application/x-python-serialize"}


def check_celery(**_: Any) -> list[CheckMessage]:
    app = project_app()
    if app is None:
        return []
    try:
        return list(_of_app(app))
    except (ImproperlyConfigured, ImportError) as problem:
        return [error(9, f"Celery's configuration cannot be read: {problem}", "Correct the settings it names.")]


def check_recommendations(**_: Any) -> list[CheckMessage]:
    """What most projects want, and need not want."""
    app = project_app()
    return list(_recommended(app)) if app and not is_unconfigured(app) else []


def project_app() -> Celery | None:
    """The app that actions publish with; None where the setting names none, of which its own check speaks."""
    try:
        found: Any = known_app()
    except ImportError:
        return None
    return found if isinstance(found, Celery) else None


def _of_app(app: Celery) -> Iterator[CheckMessage]:
    if is_unconfigured(app):
        hint = (
            "Import your app in the project's __init__.py, as Celery's documentation has it, or set CELERY_APP in "
            f'{SETTING} to its path, such as "proj.celery:app".'
        )
        yield warning(1, "No Celery app is loaded here: tasks would be published to a default broker.", hint)
        return
    yield from _of_backend(app)
    accepted = set(app.conf.result_accept_content or app.conf.accept_content or ())
    if accepted & _PICKLE:
        hint = "Remove pickle from CELERY_RESULT_ACCEPT_CONTENT and CELERY_ACCEPT_CONTENT once no row needs it."
        yield warning(5, "Results may be pickled: whoever can write to the result table can run code.", hint)


def _of_backend(app: Celery) -> Iterator[CheckMessage]:
    found: Any = backends.by_url(app.conf.result_backend or "disabled", app.loader)
    backend: type[Any] = found[0]
    if not issubclass(backend, DatabaseBackend | CacheBackend):
        hint = 'Set CELERY_RESULT_BACKEND = "django-db".'
        yield warning(2, f"Celery stores results elsewhere ({app.conf.result_backend}); none appear here.", hint)
    alias = app.conf.cache_backend
    if issubclass(backend, CacheBackend) and alias and alias not in django_settings.CACHES:
        hint = f"CELERY_CACHE_BACKEND must be one of: {', '.join(django_settings.CACHES)}."
        yield error(6, f"There is no cache {alias!r} in CACHES.", hint)


def _recommended(app: Celery) -> Iterator[CheckMessage]:
    if not app.conf.result_extended:
        lost = "nothing shows them, and no task can be retried" if mode_of(app) == "never" else "nothing shows them"
        hint = "Set CELERY_RESULT_EXTENDED = True, unless arguments must not be stored."
        yield info(1, f"Arguments of tasks are not stored: {lost}.", hint)
    beats = apps.is_installed("django_celery_beat") or app.conf.beat_schedule
    if app.conf.result_expires and not beats:
        hint = "Run `celery beat`, or `manage.py prune_task_results` from cron."
        yield info(2, "Expired results are deleted by Celery's beat, of which nothing is configured here.", hint)
