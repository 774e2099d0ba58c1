"""Run each pattern of the app `jobs` in the running worker; print what is stored, and what its result tells."""

import json
import time

from django_setup import app
from jobs.models import FinishedRun, Job
from jobs.tasks import PATTERNS, RUNS

from django_celery_results.models import TaskResult

SECONDS = 120


def describe(name, task_id):
    """Describe the row of a finished task, its AsyncResult, and the job that it left."""
    row = TaskResult.objects.get(task_id=task_id)
    result = app.AsyncResult(task_id)
    try:
        told = [result.state, repr(result.result)]
    except Exception as error:  # noqa: BLE001 - 2.6.0 raises whatever the row makes of it
        told = repr(error)
    job = Job.objects.filter(name=name).first()
    return {
        "status": row.status,
        "result": row.result,
        "content": [row.content_type, row.content_encoding],
        "arguments": [row.task_args, row.task_kwargs],
        "children": len(json.loads(row.meta)["children"]),
        "error": row.traceback and row.traceback.strip().splitlines()[-1],
        "periodic_task_name": row.periodic_task_name,
        "dates": [row.date_started is not None, row.date_done is not None],
        "AsyncResult": told,
        "job": job and [job.results.filter(pk=row.pk).exists(), job.latest_id == row.pk, job.status],
    }


sent = {task.name.rpartition(".")[2]: task.delay().id for task in PATTERNS}
deadline = time.monotonic() + SECONDS
while FinishedRun.objects.count() < RUNS and time.monotonic() < deadline:
    time.sleep(0.05)
print(json.dumps({name: describe(name, task_id) for name, task_id in sent.items()}))
