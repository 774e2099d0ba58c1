"""Any text may be a state."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0013_taskresult_django_cele_periodi_1993cf_idx")]
    operations = [
        migrations.AlterField(
            "taskresult", "status", models.CharField(default="PENDING", max_length=50, verbose_name="Task State")
        ),
    ]
