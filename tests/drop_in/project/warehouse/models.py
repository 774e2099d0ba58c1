"""A third-party app that builds on task results, in all ways that exist."""

from django.db import models

from django_celery_results.models import TaskResult


class OwnedTaskResult(TaskResult):
    """A task result with an owner."""

    owner = models.CharField(max_length=50)


class Failure(TaskResult):
    """A proxy."""

    class Meta:
        proxy = True


class Note(models.Model):  # noqa: DJ008 - nobody shows it
    """Tied to a task by its Celery id."""

    id = models.AutoField(primary_key=True)
    task = models.ForeignKey(TaskResult, models.CASCADE, to_field="task_id")
    text = models.CharField(max_length=50)
