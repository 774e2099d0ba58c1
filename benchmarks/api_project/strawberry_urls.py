"""Stock strawberry-django: types of the models, its optimizer, its list connections."""

import os
from collections.abc import Iterable

import strawberry
import strawberry_django
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from strawberry import relay
from strawberry.django.views import AsyncGraphQLView, GraphQLView
from strawberry_django.optimizer import DjangoOptimizerExtension
from strawberry_django.relay import DjangoListConnection

from django_celery_results import models


@strawberry_django.type(models.TaskResult)
class TaskResult(relay.Node):
    task_id: strawberry.auto
    status: strawberry.auto
    task_name: strawberry.auto
    worker: strawberry.auto
    queue: strawberry.auto
    retries: strawberry.auto
    priority: strawberry.auto
    periodic_task_name: strawberry.auto
    date_created: strawberry.auto
    date_started: strawberry.auto
    date_done: strawberry.auto


@strawberry_django.type(models.GroupResult)
class GroupResult(relay.Node):
    group_id: strawberry.auto

    @strawberry_django.connection(DjangoListConnection[TaskResult])
    def tasks(self) -> Iterable[models.TaskResult]:
        return models.TaskResult.objects.filter(group_id=self.group_id).order_by("-date_created", "-id")


@strawberry.type
class Query:
    node: relay.Node = relay.node()

    @strawberry_django.connection(DjangoListConnection[TaskResult])
    def task_results(self) -> Iterable[models.TaskResult]:
        return models.TaskResult.objects.order_by("-date_created", "-id")

    @strawberry_django.connection(DjangoListConnection[GroupResult])
    def group_results(self) -> Iterable[models.GroupResult]:
        return models.GroupResult.objects.order_by("-date_created", "-id")


schema = strawberry.Schema(Query, types=[TaskResult], extensions=[DjangoOptimizerExtension])
View = AsyncGraphQLView if os.environ.get("API_ASGI") else GraphQLView
urlpatterns = [path("graphql/", csrf_exempt(View.as_view(schema=schema)))]
