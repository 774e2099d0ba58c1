"""The Django application of the GraphQL service."""

from django.apps import AppConfig

from . import checks


class GraphQLAPIConfig(AppConfig):
    """Mount it with `path("graphql/", include("graphql_api.urls"))`."""

    name = "graphql_api"
    label = "graphql_api"
    verbose_name = "GraphQL API for Celery results"

    def ready(self) -> None:
        checks.connect()
