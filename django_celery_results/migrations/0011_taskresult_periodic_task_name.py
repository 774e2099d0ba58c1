"""Which periodic task sent it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0010_remove_duplicate_indices")]
    operations = [
        migrations.AddField(
            "taskresult",
            "periodic_task_name",
            models.CharField(max_length=255, null=True, verbose_name="Periodic Task Name"),
        ),
    ]
