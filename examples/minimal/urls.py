"""The admin, where one logs in, and the GraphQL service."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql/", include("graphql_api.urls")),
]
