"""Print all rows as the installed package reads them: `python read_rows.py PREFIX`."""

import json
import sys
from datetime import timedelta

from celery.result import AsyncResult, GroupResult
from django_setup import app
from warehouse.models import Failure, Note, OwnedTaskResult

from django_celery_results.models import ChordCounter, TaskResult
from django_celery_results.models import GroupResult as GroupRow
from django_celery_results.utils import now

prefix = sys.argv[1]
HOUR = timedelta(hours=1)
META = ("args", "children", "date_done", "kwargs", "result", "status", "task_args", "task_id", "task_kwargs",
        "task_name", "traceback", "worker")  # fmt: skip


def text(value):
    """Return the representation; that of a set in sorted order."""
    return repr(sorted(value, key=repr)) if isinstance(value, set) else repr(value)


def task(row):
    result = AsyncResult(row.task_id, app=app)
    meta = app.backend.get_task_meta(row.task_id)
    return {
        "row": {key: text(value) for key, value in row.as_dict().items()},
        "types": [row.content_type, row.content_encoding],
        "meta": {key: text(meta.get(key) or None) for key in META},  # no children: None or an empty list
        "result": [result.state, text(result.result), result.successful(), result.failed(), result.ready()],
    }


def group(row):
    restored = GroupResult.restore(row.group_id, app=app)
    return {"ids": [str(each.id) for each in restored.results], "row": sorted(row.as_dict())}


def chord(row):
    return {"count": row.count, "ids": [str(each.id) for each in row.group_result(app=app).results]}


def rows(model, key="task_id"):
    return {
        getattr(row, key).removeprefix(prefix): row for row in model.objects.filter(**{f"{key}__startswith": prefix})
    }


print(json.dumps({
    "tasks": {key: task(row) for key, row in rows(TaskResult).items()},
    "groups": {key: group(row) for key, row in rows(GroupRow, "group_id").items()},
    "chords": [chord(row) for row in ChordCounter.objects.all()],
    "owned": {key: row.owner for key, row in rows(OwnedTaskResult).items()},
    "proxies": sorted(rows(Failure)),
    "notes": [note.task_id for note in Note.objects.filter(text=prefix)],
    "is fresh": all(abs(now() - row.date_done) < HOUR for row in rows(TaskResult).values()),
    "unknown": {key: app.backend.get_task_meta("unknown").get(key) for key in META},
}))  # fmt: skip
