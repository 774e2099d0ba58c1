"""Make all rows old, run the cleanup that beat runs, and print what is left of each model."""

import json
from datetime import timedelta

from django_setup import app
from warehouse.models import Note, OwnedTaskResult

from django_celery_results.models import ChordCounter, GroupResult, TaskResult
from django_celery_results.utils import now

for model in (TaskResult, GroupResult):
    model.objects.update(date_done=now() - timedelta(days=9))
app.backend.cleanup()
left = {model.__name__: model.objects.count() for model in (OwnedTaskResult, Note, GroupResult, ChordCounter)}
print(json.dumps({**left, "states": sorted(TaskResult.objects.values_list("status", flat=True))}))
