"""A third-party app that builds on task results, in both ways that exist."""

from django.db import models

from django_celery_results.models import TaskResult


class OwnedTaskResult(TaskResult):
    """A task result with an owner."""

    owner = models.CharField(max_length=50)


class Failure(TaskResult):
    """A proxy."""

    class Meta:
        proxy = True
