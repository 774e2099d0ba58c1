"""Add a column to the model of task results, as projects do, and print a row that the backend stores."""

from django.db import connection, models
from django_setup import app

from django_celery_results.models import TaskResult

TaskResult.add_to_class("note", models.CharField(max_length=20, default="noted"))
with connection.schema_editor() as editor:
    editor.add_field(TaskResult, TaskResult._meta.get_field("note"))
for state in ("STARTED", "SUCCESS"):
    app.backend.store_result("added", 1, state)
print(*TaskResult.objects.values_list("status", "note").get())
