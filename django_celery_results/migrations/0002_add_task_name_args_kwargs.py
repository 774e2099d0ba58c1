"""Name and arguments of the task."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0001_initial")]
    operations = [
        migrations.AddField("taskresult", "task_args", models.TextField(null=True, verbose_name="task arguments")),
        migrations.AddField("taskresult", "task_kwargs", models.TextField(null=True, verbose_name="task kwargs")),
        migrations.AddField(
            "taskresult", "task_name", models.CharField(max_length=255, null=True, verbose_name="task name")
        ),
    ]
