"""Our service, as a project mounts it: its policy, redaction and limits are on."""

import os

from django.urls import include, path

VIEW = "graphql_api.urls_async" if os.environ.get("API_ASGI") else "graphql_api.urls"
urlpatterns = [path("graphql/", include(VIEW))]
