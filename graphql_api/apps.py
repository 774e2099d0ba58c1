"""The Django application of the GraphQL service."""

from django.apps import AppConfig


class GraphQLAPIConfig(AppConfig):
    """Mount it with `path("graphql/", include("graphql_api.urls"))`."""

    name = "graphql_api"
    label = "graphql_api"
    verbose_name = "GraphQL API for Celery results"
