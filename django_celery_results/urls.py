"""URLs of the JSON views. Include them where you like; their names are part of the contract."""

from __future__ import annotations

import warnings
from typing import Any

from django.urls import URLPattern, path, register_converter

from . import views
from .conf import standing_alone


class TaskPatternConverter:
    """What an id in a URL is made of."""

    regex = r"[\w\d\-\.]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


register_converter(TaskPatternConverter, "task_pattern")

urlpatterns: list[URLPattern] = [
    path("task/done/<task_pattern:task_id>/", views.is_task_successful, name="celery-is_task_successful"),
    path("task/status/<task_pattern:task_id>/", views.task_status, name="celery-task_status"),
    path("group/done/<task_pattern:group_id>/", views.is_group_successful, name="celery-is_group_successful"),
    path("group/status/<task_pattern:group_id>/", views.group_status, name="celery-group_status"),
]

if standing_alone().id_first_urls:
    warnings.warn(
        "URLs that begin with the id are deprecated. Set DJANGO_CELERY_RESULTS_ID_FIRST_URLS = False once nothing "
        "links to them; reverse() then gives task/status/<id>/ and the like.",
        DeprecationWarning,
        stacklevel=2,
    )
    # Last, so that reverse() goes on giving these.
    urlpatterns += [
        path("<task_pattern:task_id>/done/", views.is_task_successful, name="celery-is_task_successful"),
        path("<task_pattern:task_id>/status/", views.task_status, name="celery-task_status"),
        path("<task_pattern:group_id>/group/done/", views.is_group_successful, name="celery-is_group_successful"),
        path("<task_pattern:group_id>/group/status/", views.group_status, name="celery-group_status"),
    ]
