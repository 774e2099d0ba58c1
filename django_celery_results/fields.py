"""The kinds of column Django lacks: ids compared byte for byte, and the time at which a task was done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .states import READY


def task_id_max_length() -> int:
    """Old MySQL indexes 191 characters at most; projects there set `DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH`."""
    return int(getattr(settings, "DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH", 255))


def has_big_ids() -> bool:
    """Whether the rows of tasks and groups have 64-bit ids: `DJANGO_CELERY_RESULTS_BIG_IDS`, read by a migration."""
    return bool(getattr(settings, "DJANGO_CELERY_RESULTS_BIG_IDS", False))


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """Text that MariaDB and MySQL too compare with case and trailing spaces; elsewhere a plain CharField."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class DoneDateTimeField(models.DateTimeField):  # type: ignore[type-arg]
    """`auto_now` for rows in a final state only: while a task runs, its row may be saved without looking done.

    Migrations see a plain DateTimeField, which is what the column is.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add or getattr(model_instance, "status", None) in READY:
            return super().pre_save(model_instance, add)
        return getattr(model_instance, self.attname)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
