"""Where Django's admin shows a row, for those who may go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from django_celery_results.models import TaskResult
    from django_celery_results.policy.viewer import Viewer


def url(viewer: Viewer, row: TaskResult) -> str | None:
    """The path of its page; None where no admin is mounted, or none for this viewer."""
    if not getattr(viewer.user, "is_staff", False):
        return None
    try:
        return reverse("admin:django_celery_results_taskresult_change", args=(row.pk,))
    except NoReverseMatch:
        return None
