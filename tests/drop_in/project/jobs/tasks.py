"""What tasks of public projects do with their own rows, one task for each pattern."""

import time

from celery import Task, shared_task, states
from celery.exceptions import Ignore
from celery.signals import task_postrun
from django.db import transaction

from django_celery_results.models import TaskResult
from jobs.models import FinishedRun, Job


def get_own_status(task):
    return TaskResult.objects.values_list("status", flat=True).get(task_id=task.request.id)


@task_postrun.connect
def record_run(task_id, **_):
    FinishedRun.objects.create(task_id=task_id)


@shared_task(bind=True)
def read_own_row(self):
    return TaskResult.objects.get(task_id=self.request.id).status


@shared_task(bind=True)
def link_own_row(self):
    job = Job.objects.create(name="link_own_row")
    job.results.add(*TaskResult.objects.filter(task_id=self.request.id))
    return job.results.count()


@shared_task(bind=True)
def refer_to_own_row(self):
    Job.objects.create(name="refer_to_own_row", latest=TaskResult.objects.get_task(self.request.id))


@shared_task(bind=True)
def overwrite_own_status(self):
    row = TaskResult.objects.get_task(self.request.id)
    row.status = "INDEXING"
    row.save()
    time.sleep(0.2)  # longer than STARTED may be held back
    return get_own_status(self)


@shared_task(bind=True)
def count_started_tasks(self):
    return TaskResult.objects.filter(task_name=self.name, status=states.STARTED).count()


@shared_task
def read_row(task_id):
    return TaskResult.objects.values_list("status", flat=True).get(task_id=task_id)


@shared_task(bind=True)
def read_own_row_in_a_child(self):
    return read_row.delay(self.request.id).get(timeout=120, disable_sync_subtasks=False)


@shared_task(bind=True)
def report_failure_and_raise(self):
    self.update_state(state=states.FAILURE, meta={"error": "reported"})
    raise ValueError("raised")


@shared_task(bind=True)
def report_failure_and_ignore(self):
    self.update_state(state=states.FAILURE, meta={"exc_type": "ValueError", "exc_message": ["reported"]})
    raise Ignore


@shared_task(bind=True, max_retries=1)
def report_failure_and_retry(self):
    self.update_state(state=states.FAILURE, meta={"error": "reported"})
    raise self.retry(exc=ValueError("raised"), countdown=0)


@shared_task(bind=True)
def report_success_and_return(self):
    self.update_state(state=states.SUCCESS, meta={"reported": 1})
    return "returned"


@shared_task(bind=True)
def report_progress_while_the_row_is_locked(self):
    with transaction.atomic():
        TaskResult.objects.select_for_update().filter(task_id=self.request.id).update(periodic_task_name="locked")
        self.update_state(state="PROGRESS", meta={"percent": 50})
        return get_own_status(self)


class RecordsStatus(Task):
    def after_return(self, status, retval, task_id, args, kwargs, einfo):
        Job.objects.create(name=self.name.rpartition(".")[2], status=get_own_status(self))


@shared_task(base=RecordsStatus)
def read_own_row_after_return():
    return 1


@shared_task(base=RecordsStatus)
def read_own_row_after_a_failure():
    raise ValueError("raised")


PATTERNS = [
    read_own_row,
    link_own_row,
    refer_to_own_row,
    overwrite_own_status,
    count_started_tasks,
    read_own_row_in_a_child,
    report_failure_and_raise,
    report_failure_and_ignore,
    report_failure_and_retry,
    report_success_and_return,
    report_progress_while_the_row_is_locked,
    read_own_row_after_return,
    read_own_row_after_a_failure,
]
RUNS = len(PATTERNS) + 2
"""One task runs twice, since it is retried, and one has a child."""
