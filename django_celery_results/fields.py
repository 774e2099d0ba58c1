"""The one kind of column Django lacks: ids that every database compares byte for byte."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


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
