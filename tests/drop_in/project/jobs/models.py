"""Jobs of a project, with the results of their tasks."""

from django.db import models

from django_celery_results.models import TaskResult


class Job(models.Model):  # noqa: DJ008 - nobody shows it
    """A unit of work whose tasks link their own rows to it."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=50, unique=True)
    results = models.ManyToManyField(TaskResult)
    latest = models.ForeignKey(TaskResult, models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=50)


class FinishedRun(models.Model):  # noqa: DJ008 - nobody shows it
    """A run of a task that the worker has finished, whatever its state."""

    id = models.AutoField(primary_key=True)
    task_id = models.CharField(max_length=50)
