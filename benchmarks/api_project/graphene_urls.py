"""Stock graphene-django: object types of the models and its connection fields."""

import graphene
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from graphene import relay
from graphene_django import DjangoConnectionField, DjangoObjectType
from graphene_django.views import GraphQLView

from django_celery_results import models

FIELDS = (
    "task_id", "status", "task_name", "worker", "queue", "retries", "priority", "periodic_task_name", "date_created",
    "date_started", "date_done",
)  # fmt: skip


class TaskResult(DjangoObjectType):
    class Meta:
        model = models.TaskResult
        fields = FIELDS
        interfaces = (relay.Node,)


class GroupResult(DjangoObjectType):
    tasks = DjangoConnectionField(TaskResult)

    class Meta:
        model = models.GroupResult
        fields = ("group_id",)
        interfaces = (relay.Node,)

    def resolve_tasks(self, info, **kwargs):
        return models.TaskResult.objects.filter(group_id=self.group_id).order_by("-date_created", "-id")


class Query(graphene.ObjectType):
    node = relay.Node.Field()
    task_results = DjangoConnectionField(TaskResult)
    group_results = DjangoConnectionField(GroupResult)

    def resolve_task_results(self, info, **kwargs):
        return models.TaskResult.objects.order_by("-date_created", "-id")

    def resolve_group_results(self, info, **kwargs):
        return models.GroupResult.objects.order_by("-date_created", "-id")


schema = graphene.Schema(query=Query)
urlpatterns = [path("graphql/", csrf_exempt(GraphQLView.as_view(schema=schema)))]
