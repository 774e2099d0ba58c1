"""What fields of tasks and groups ask the query room; each function is one question."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from django_celery_results import models
from django_celery_results.actions import retry, revoke
from django_celery_results.actions.outcome import Refusal
from django_celery_results.query import chords, failures, group_lineage, groups, lineage, pages, values
from graphql_api import admin_pages
from graphql_api.columns import for_many

from .asking import Info, page_request, session, viewer
from .inputs import Filter, TaskResultOrder, plain

Task = strawberry.Parent[models.TaskResult]
Group = strawberry.Parent[groups.Group]
Tasks = pages.Page[models.TaskResult]


@for_many
def args(root: Task, info: Info) -> values.Value | None:
    return values.args(viewer(info), root)


@for_many
def kwargs(root: Task, info: Info) -> values.Value | None:
    return values.kwargs(viewer(info), root)


@for_many
def result(root: Task, info: Info) -> values.Value | None:
    return values.result(viewer(info), root)


@for_many
def meta(root: Task, info: Info) -> Any:
    return values.meta(viewer(info), root)


@for_many
def error(root: Task, info: Info) -> failures.TaskError | None:
    return failures.error(viewer(info), root)


@for_many
def progress(root: Task, info: Info) -> failures.TaskProgress | None:
    return failures.progress(viewer(info), root)


@for_many
def parent(root: Task, info: Info) -> models.TaskResult | None:
    return lineage.parent(session(info), root)


@for_many
def root_task(root: Task, info: Info) -> models.TaskResult | None:
    return lineage.root(session(info), root)


@for_many
def retried_from(root: Task, info: Info) -> models.TaskResult | None:
    return lineage.retried_from(session(info), root)


@for_many
def group(root: Task, info: Info) -> groups.Group | None:
    return groups.of_task(session(info), root)


@for_many
def children(
    root: Task,
    info: Info,
    first: int | None = UNSET,
    after: str | None = UNSET,
    last: int | None = UNSET,
    before: str | None = UNSET,
) -> Tasks:
    return lineage.children(session(info), root, page_request(first, after, last, before))


@for_many
def retried_as(
    root: Task,
    info: Info,
    first: int | None = UNSET,
    after: str | None = UNSET,
    last: int | None = UNSET,
    before: str | None = UNSET,
) -> Tasks:
    return lineage.retried_as(session(info), root, page_request(first, after, last, before))


@for_many
def tasks_of_group(
    root: Group,
    info: Info,
    filter_: Filter = UNSET,
    order_by: TaskResultOrder | None = UNSET,
    first: int | None = UNSET,
    after: str | None = UNSET,
    last: int | None = UNSET,
    before: str | None = UNSET,
) -> Tasks:
    return root.tasks(page_request(first, after, last, before), where=plain(filter_), order=plain(order_by))


@for_many
def result_of_group(root: Group, info: Info) -> values.Value | None:
    return values.group_result(viewer(info), root.row)


@for_many
def parent_of_group(root: Group) -> groups.Group | None:
    return group_lineage.parent(root)


@for_many
def parent_task_of_group(root: Group) -> models.TaskResult | None:
    return group_lineage.parent_task(root)


@for_many
def chord_of_group(root: Group) -> chords.ChordProgress | None:
    return group_lineage.chord(root)


@for_many
def chord_of_task(root: Task, info: Info) -> chords.ChordProgress | None:
    return chords.of_task(session(info), root)


@for_many
def admin_url(root: Task, info: Info) -> str | None:
    return admin_pages.url(viewer(info), root)


@for_many
def workflow(root: Task, info: Info, limit: int = 500) -> lineage.Workflow:
    return lineage.workflow(session(info), root, limit)


@for_many
def retry_blockers(root: Task, info: Info) -> list[Refusal]:
    return retry.blockers_within(session(info), root)


@for_many
def revoke_blockers(root: Task, info: Info) -> list[Refusal]:
    return revoke.blockers(viewer(info), root)
