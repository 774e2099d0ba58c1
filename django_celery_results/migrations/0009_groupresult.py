"""Groups, and indexes with names of their own.

The indexes on unique columns that the 2.x package declared here and dropped again in 0010 are left out of both: the
state after 0010 is the same, and no database is asked for an index it already has.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from django_celery_results.fields import task_id_max_length


def alter(name: str, field: models.Field[Any, Any]) -> migrations.AlterField:
    return migrations.AlterField("taskresult", name, field)


def index(model: str, column: str, name: str) -> migrations.AddIndex:
    return migrations.AddIndex(model, models.Index(fields=[column], name=name))


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0008_chordcounter")]
    operations = [
        migrations.CreateModel(
            name="GroupResult",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group_id", models.CharField(max_length=task_id_max_length(), unique=True, verbose_name="Group ID")),
                ("date_created", models.DateTimeField(auto_now_add=True, verbose_name="Created DateTime")),
                ("date_done", models.DateTimeField(auto_now=True, verbose_name="Completed DateTime")),
                ("content_type", models.CharField(max_length=128, verbose_name="Result Content Type")),
                ("content_encoding", models.CharField(max_length=64, verbose_name="Result Encoding")),
                ("result", models.TextField(default=None, editable=False, null=True, verbose_name="Result Data")),
            ],
            options={
                "ordering": ["-date_done"],
                "verbose_name": "group result",
                "verbose_name_plural": "group results",
            },
        ),
        migrations.AlterField(
            "chordcounter",
            "group_id",
            models.CharField(max_length=task_id_max_length(), unique=True, verbose_name="Group ID"),
        ),
        alter("date_created", models.DateTimeField(auto_now_add=True, verbose_name="Created DateTime")),
        alter("date_done", models.DateTimeField(auto_now=True, verbose_name="Completed DateTime")),
        alter("status", models.CharField(default="PENDING", max_length=50, verbose_name="Task State")),
        alter("task_id", models.CharField(max_length=task_id_max_length(), unique=True, verbose_name="Task ID")),
        alter("task_name", models.CharField(max_length=task_id_max_length(), null=True, verbose_name="Task Name")),
        alter("worker", models.CharField(default=None, max_length=100, null=True, verbose_name="Worker")),
        index("taskresult", "task_name", "django_cele_task_na_08aec9_idx"),
        index("taskresult", "status", "django_cele_status_9b6201_idx"),
        index("taskresult", "worker", "django_cele_worker_d54dd8_idx"),
        index("taskresult", "date_created", "django_cele_date_cr_f04a50_idx"),
        index("taskresult", "date_done", "django_cele_date_do_f59aad_idx"),
        index("groupresult", "date_created", "django_cele_date_cr_bd6c1d_idx"),
        index("groupresult", "date_done", "django_cele_date_do_caae0e_idx"),
    ]
