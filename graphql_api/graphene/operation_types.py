"""The types of operations, which record every order."""

from __future__ import annotations

from operator import attrgetter

import graphene
from graphene import Field, String

from django_celery_results import models
from django_celery_results.query import operations
from graphql_api import global_ids

from .descriptions import ObjectType
from .enums import OperationState
from .fields import computed, listed, many
from .scalars import JSON, DateTime
from .types import Node
from .value_types import Page


class Operation(ObjectType):
    class Meta:
        interfaces = (Node,)
        possible_types = (models.Operation,)

    id = computed(graphene.ID, global_ids.of_row("Operation", "id"), required=True)
    action = String(required=True)
    state = computed(OperationState, lambda row: models.OperationState(row.state), required=True)
    actor = computed(String, lambda row: row.actor_name or None)
    remote_address = String()
    reason = String()
    task_id = String()
    new_task_id = String()
    task_name = String()
    input = computed(JSON, operations.told)
    error_code = String()
    started_at = DateTime(required=True)
    finished_at = DateTime()


class OperationEdge(ObjectType):
    cursor = String(required=True)
    node = Field(Operation, required=True)


class OperationConnection(Page):
    edges = many(OperationEdge)
    nodes = computed(listed(Operation), attrgetter("rows"))
