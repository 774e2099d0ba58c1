"""Indexes on what results are searched by."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from django_celery_results.fields import task_id_max_length


def alter(name: str, field: models.Field[Any, Any]) -> migrations.AlterField:
    return migrations.AlterField("taskresult", name, field)


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0003_auto_20181106_1101")]
    operations = [
        alter("content_encoding", models.CharField(max_length=64, verbose_name="Result Encoding")),
        alter("content_type", models.CharField(max_length=128, verbose_name="Result Content Type")),
        alter("date_done", models.DateTimeField(auto_now=True, db_index=True, verbose_name="Completed DateTime")),
        alter("hidden", models.BooleanField(db_index=True, default=False, editable=False, verbose_name="Hidden")),
        alter("meta", models.TextField(default=None, editable=False, null=True, verbose_name="Task Meta Information")),
        alter("result", models.TextField(default=None, editable=False, null=True, verbose_name="Result Data")),
        alter("status", models.CharField(db_index=True, default="PENDING", max_length=50, verbose_name="Task State")),
        alter("task_args", models.TextField(null=True, verbose_name="Task Positional Arguments")),
        alter(
            "task_id",
            models.CharField(db_index=True, max_length=task_id_max_length(), unique=True, verbose_name="Task ID"),
        ),
        alter("task_kwargs", models.TextField(null=True, verbose_name="Task Named Arguments")),
        alter(
            "task_name",
            models.CharField(db_index=True, max_length=task_id_max_length(), null=True, verbose_name="Task Name"),
        ),
        alter("traceback", models.TextField(blank=True, null=True, verbose_name="Traceback")),
    ]
