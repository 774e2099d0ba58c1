"""URLs of a project that mounts the JSON views."""

import warnings

from django.urls import include, path

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    urlpatterns = [path("results/", include("django_celery_results.urls"))]
