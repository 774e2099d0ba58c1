"""The same address as in `graphql_api.urls`, for projects under ASGI."""

from django.urls import path

from graphql_api.transport.views import graphql_async

app_name = "graphql_api"
urlpatterns = [path("", graphql_async, name="graphql")]
