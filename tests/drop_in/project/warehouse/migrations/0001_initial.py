"""Depends on the last migration of the 2.x package, by its name."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("django_celery_results", "0014_alter_taskresult_status")]
    operations = [
        migrations.CreateModel(
            name="OwnedTaskResult",
            fields=[
                (
                    "taskresult_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="django_celery_results.taskresult",
                    ),
                ),
                ("owner", models.CharField(max_length=50)),
            ],
            bases=("django_celery_results.taskresult",),
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("django_celery_results.taskresult",),
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=50)),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        to="django_celery_results.taskresult",
                        to_field="task_id",
                    ),
                ),
            ],
        ),
    ]
