"""The URLs of the demo: the dashboard, GraphiQL and its endpoint, the admin."""

from django.contrib import admin
from django.urls import include, path, re_path

from demo import dashboard

urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql/", include("graphql_api.urls")),
    re_path(r"^$|^(?:tasks|groups|operations)(?:/|$)", dashboard.page),
]
