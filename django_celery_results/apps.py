"""The Django application: its label, its default key and what it wires up at start."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from .fields import has_big_ids


class CeleryResultConfig(AppConfig):
    """Label and name are what other projects' migrations and foreign keys refer to."""

    name = "django_celery_results"
    label = "django_celery_results"
    verbose_name = _("Celery Results")
    default_auto_field = "django.db.models.BigAutoField" if has_big_ids() else "django.db.models.AutoField"

    def ready(self) -> None:
        from . import checks, signals  # models can be imported only now
        from .actions import healing

        signals.connect()
        checks.connect()
        healing.connect()
