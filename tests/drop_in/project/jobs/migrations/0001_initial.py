"""Depends on the last migration of the 2.x package, by its name."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("django_celery_results", "0014_alter_taskresult_status"),
    ]

    operations = [
        migrations.CreateModel(
            name="FinishedRun",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("task_id", models.CharField(max_length=50)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50, unique=True)),
                ("status", models.CharField(max_length=50)),
                (
                    "latest",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="django_celery_results.taskresult",
                    ),
                ),
                ("results", models.ManyToManyField(to="django_celery_results.taskresult")),
            ],
        ),
    ]
