"""URLs of a project that polls."""

from __future__ import annotations

import warnings

from django.urls import include, path

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    urlpatterns = [path("results/", include("django_celery_results.urls"))]
