"""Print the states of the rows, the workers that wrote them, and how many chords are still counted."""

import json
from collections import Counter

import django_setup  # noqa: F401

from django_celery_results.models import ChordCounter, TaskResult

rows = list(TaskResult.objects.values_list("status", "worker", "task_name"))
print(json.dumps({
    "states": Counter(status for status, _, _ in rows),
    "workers": sorted({worker for _, worker, _ in rows if worker}),
    "bodies": sum(name == "warehouse.tasks.total" for _, _, name in rows),
    "counters": ChordCounter.objects.count(),
}))  # fmt: skip
