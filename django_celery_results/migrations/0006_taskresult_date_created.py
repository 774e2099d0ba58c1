"""When it was first stored; rows that exist take the only time they have."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils.timezone import now


def copy_date_done(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("django_celery_results", "TaskResult")
    model._base_manager.using(schema_editor.connection.alias).update(date_created=models.F("date_done"))


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0005_taskresult_worker")]
    operations = [
        migrations.AddField(
            "taskresult",
            "date_created",
            models.DateTimeField(auto_now_add=True, db_index=True, default=now, verbose_name="Created DateTime"),
            preserve_default=False,
        ),
        migrations.RunPython(copy_date_done, migrations.RunPython.noop),
    ]
