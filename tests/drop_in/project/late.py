"""Store a state as a worker does whose word comes late: `python late.py TASK_ID STATE VALUE`; print the row's state."""

import sys

from celery.app.task import Context
from start import app

from django_celery_results.models import TaskResult

task_id, state, value = sys.argv[1:]
run = Context({"id": task_id, "task": "warehouse.tasks.add", "delivery_info": {"routing_key": "celery"}})
app.backend.store_result(task_id, value, state, request=run)
print(TaskResult.objects.get(task_id=task_id).status)
