"""How wide ids are, and the one kind of column Django lacks: text whose case counts on every database."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from django_celery_results.conf import standing_alone


def task_id_max_length() -> int:
    """How wide the columns of ids and names are; models and migrations ask."""
    return standing_alone().task_id_max_length


def has_big_ids() -> bool:
    """Whether the rows of tasks and groups have 64-bit ids; models and a migration ask."""
    return standing_alone().big_ids


class ExactCharField(models.CharField):  # type: ignore[type-arg]
    """Text that MariaDB and MySQL too compare with case; spaces at its end they ignore all the same."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters
