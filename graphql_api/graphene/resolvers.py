"""What fields of tasks and groups ask the query room; each function is one question."""

from __future__ import annotations

from typing import Any

from django_celery_results.actions import retry, revoke
from django_celery_results.actions.outcome import Refusal
from django_celery_results.query import chords, failures, group_lineage, groups, lineage, values
from graphql_api import admin_pages
from graphql_api.columns import for_many

from .asking import page_request, session, viewer
from .inputs import plain


@for_many
def args(root: Any, info: Any) -> values.Value | None:
    return values.args(viewer(info), root)


@for_many
def kwargs(root: Any, info: Any) -> values.Value | None:
    return values.kwargs(viewer(info), root)


@for_many
def result(root: Any, info: Any) -> values.Value | None:
    return values.result(viewer(info), root)


@for_many
def meta(root: Any, info: Any) -> Any:
    return values.meta(viewer(info), root)


@for_many
def error(root: Any, info: Any) -> failures.TaskError | None:
    return failures.error(viewer(info), root)


@for_many
def progress(root: Any, info: Any) -> failures.TaskProgress | None:
    return failures.progress(viewer(info), root)


@for_many
def parent(root: Any, info: Any) -> Any:
    return lineage.parent(session(info), root)


@for_many
def root_task(root: Any, info: Any) -> Any:
    return lineage.root(session(info), root)


@for_many
def retried_from(root: Any, info: Any) -> Any:
    return lineage.retried_from(session(info), root)


@for_many
def group(root: Any, info: Any) -> groups.Group | None:
    return groups.of_task(session(info), root)


@for_many
def children(root: Any, info: Any, **given: Any) -> Any:
    return lineage.children(session(info), root, page_request(given))


@for_many
def retried_as(root: Any, info: Any, **given: Any) -> Any:
    return lineage.retried_as(session(info), root, page_request(given))


@for_many
def tasks_of_group(root: Any, info: Any, filter: Any = None, order_by: Any = None, **given: Any) -> Any:  # noqa: A002
    return root.tasks(page_request(given), where=plain(filter), order=plain(order_by))


@for_many
def result_of_group(root: Any, info: Any) -> values.Value | None:
    return values.group_result(viewer(info), root.row)


@for_many
def parent_of_group(root: Any, info: Any) -> groups.Group | None:
    return group_lineage.parent(root)


@for_many
def parent_task_of_group(root: Any, info: Any) -> Any:
    return group_lineage.parent_task(root)


@for_many
def chord_of_group(root: Any, info: Any) -> chords.ChordProgress | None:
    return group_lineage.chord(root)


@for_many
def chord_of_task(root: Any, info: Any) -> chords.ChordProgress | None:
    return chords.of_task(session(info), root)


@for_many
def admin_url(root: Any, info: Any) -> str | None:
    return admin_pages.url(viewer(info), root)


@for_many
def workflow(root: Any, info: Any, limit: int) -> lineage.Workflow:
    return lineage.workflow(session(info), root, limit)


@for_many
def retry_blockers(root: Any, info: Any) -> list[Refusal]:
    return retry.blockers_within(session(info), root)


@for_many
def revoke_blockers(root: Any, info: Any) -> list[Refusal]:
    return revoke.blockers(viewer(info), root)
