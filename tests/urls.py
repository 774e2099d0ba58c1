"""URLs of the test project."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)]
if find_spec("graphql"):  # one lane has no GraphQL library
    urlpatterns += [
        path("graphql/", include("graphql_api.urls")),
        path("async/graphql/", include("graphql_api.urls_async", namespace="graphql_async")),
    ]
