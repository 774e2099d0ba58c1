"""Store a state as a worker does, and print the state of the row: `python store_state.py TASK_ID STATE VALUE`."""

import sys

from celery.app.task import Context
from django_setup import app

from django_celery_results.models import TaskResult

task_id, state, value = sys.argv[1:]
run = Context({"id": task_id, "task": "warehouse.tasks.add", "delivery_info": {"routing_key": "celery"}})
app.backend.store_result(task_id, value, state, request=run)
print(TaskResult.objects.get(task_id=task_id).status)
