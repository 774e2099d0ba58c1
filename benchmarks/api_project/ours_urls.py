"""Our service, as a project mounts it: its policy, redaction and limits are on."""

from django.urls import include, path

urlpatterns = [path("graphql/", include("graphql_api.urls"))]
