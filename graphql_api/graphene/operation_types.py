"""The types of operations, which record every order."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import graphene
from graphene import Field, Int, String

from django_celery_results import models
from django_celery_results.query import bulk_operations, global_ids
from graphql_api import recorded
from graphql_api.columns import for_many

from .asking import page_request, session
from .descriptions import ObjectType
from .enums import OperationState
from .fields import computed, listed, many, page_arguments
from .scalars import JSON, DateTime
from .types import Node
from .value_types import Page


@for_many
def _part_of(root: Any, info: Any) -> Any:
    return bulk_operations.around(session(info), root)


@for_many
def _bulk(root: Any, info: Any) -> bulk_operations.BulkOperation | None:
    return bulk_operations.of_operation(session(info), root)


@for_many
def _input(root: Any, info: Any) -> Any:
    return recorded.told(session(info), root)


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
    input = JSON(required=True, resolver=_input)
    error_code = String()
    started_at = DateTime(required=True)
    finished_at = DateTime()
    part_of = Field(lambda: Operation, resolver=_part_of)
    bulk = Field(lambda: BulkOperation, resolver=_bulk)


class OperationEdge(ObjectType):
    cursor = String(required=True)
    node = Field(Operation, required=True)


class OperationConnection(Page):
    edges = many(OperationEdge)
    nodes = computed(listed(Operation), attrgetter("rows"))


class BulkOperation(ObjectType):
    matched_count = Int(required=True)
    done_count = Int(required=True)
    skipped_count = Int(required=True)
    remaining_count = Int(required=True)
    items = Field(OperationConnection, required=True, args=page_arguments())

    @staticmethod
    def resolve_items(root: Any, info: Any, **given: Any) -> Any:
        return root.items(page_request(given))
