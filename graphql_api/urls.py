"""What a project includes: `path("graphql/", include("graphql_api.urls"))`; under ASGI `graphql_api.urls_async`."""

from django.urls import path

from graphql_api.transport.views import graphql

app_name = "graphql_api"
urlpatterns = [path("", graphql, name="graphql")]
