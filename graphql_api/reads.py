"""Which columns a document reads, so that the others stay in the database.

By the names of the fields it selects, wherever it selects them: too many is slower, too few would be a query per row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, GraphQLResolveInfo, OperationDefinitionNode, OperationType

from django_celery_results.query.aggregates import FIRST, LAST, LATEST, RUN, STATES, WAIT
from django_celery_results.query.tasks import HEAVY

_VALUE = ("content_type", "content_encoding", "task_name")
_POSITION = ("date_created", "date_done", "date_started")
_OF_TASKS: dict[str, tuple[str, ...]] = {
    "taskId": ("task_id",),
    "status": ("status",),
    "state": ("status",),
    "isReady": ("status",),
    "taskName": ("task_name",),
    "periodicTaskName": ("periodic_task_name",),
    "worker": ("worker",),
    "queue": ("queue",),
    "retries": ("retries",),
    "priority": ("priority",),
    "groupId": ("group_id",),
    "parentTaskId": ("parent_id",),
    "rootTaskId": ("root_id",),
    "eta": ("eta",),
    "dateCreated": ("date_created",),
    "dateStarted": ("date_started",),
    "dateDone": ("date_done", "status"),
    "queuedSeconds": ("date_started", "date_created"),
    "runtimeSeconds": ("date_started", "date_done", "status"),
    "args": ("task_args", *_VALUE),
    "kwargs": ("task_kwargs", *_VALUE),
    "result": ("result", *_VALUE),
    "meta": ("meta", *_VALUE),
    "progress": ("result", "status", "date_done", *_VALUE),
    "error": ("result", "traceback", "status", "error_type", "error_fingerprint", *_VALUE),
    "parent": ("parent_id",),
    "root": ("root_id",),
    "group": ("group_id",),
    "chord": ("group_id",),
    "retriedFrom": ("retried_from",),
    "children": ("parent_id",),
    "retriedAs": ("retried_from",),
    "workflow": ("root_id", "status"),
}
_OF_STATISTICS: dict[str, tuple[str, ...]] = {
    "stateCounts": (STATES,),
    "successRate": (STATES,),
    "firstSeenAt": (FIRST,),
    "lastSeenAt": (LAST,),
    "latest": (LATEST,),
    "runtime": (RUN,),
    "queued": (WAIT,),
    "avg": ("sum",),
    "sum": ("sum",),
    "min": ("min",),
    "max": ("max",),
}
_ELSEWHERE = frozenset({
    "__typename", "id", "node", "nodes", "edges", "pageInfo", "hasNextPage", "hasPreviousPage", "totalCount", "count",
    "value", "isExact", "taskResult", "taskResults", "groupResult", "groupResults", "tasks", "size", "isSuccessful",
    "completedCount", "json", "text", "contentType", "contentEncoding", "byteLength", "isTruncated", "isRedacted",
    "type", "module", "message", "traceback", "fingerprint", "current", "percent", "updatedAt", "taskResultStats",
    "adminUrl", "parentTask", "remainingCount", "bodyTaskId", "body", "registeredTasks", "stats", "name",
    "total", "groups", "timeSeries", "keys", "start", "end", "aggregate", "percentile", "isApproximate",
})  # fmt: skip
"""Fields that read no column of a task's row, or one that the field around them names."""
_KNOWN = {
    **_OF_TASKS,
    **dict.fromkeys((*_ELSEWHERE, *_OF_STATISTICS), ()),
    **dict.fromkeys(("cursor", "startCursor", "endCursor"), _POSITION),
}


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Of tasks and groups."""

    heavy: tuple[str, ...]
    """Those that may hold megabytes."""
    light: frozenset[str] | None
    """The others; None: all of them, since the document selects what is not known here."""


def columns(info: GraphQLResolveInfo[Any]) -> Columns:
    """What any selection of the document reads."""
    names = _selected(info)
    read = {column for name in names for column in _KNOWN.get(name, ())}
    is_known = info.operation.operation is OperationType.QUERY and _is_known(names)
    light = frozenset(read.difference(HEAVY)) if is_known else None
    return Columns(heavy=tuple(name for name in HEAVY if name in read), light=light)


def measures(info: GraphQLResolveInfo[Any]) -> Collection[str] | None:
    """What any selection of the document reads of statistics; None: anything."""
    names = _selected(info)
    read = {measure for name in names for measure in _OF_STATISTICS.get(name, ())}
    return read if _is_known(names) else None


def _is_known(names: set[str]) -> bool:
    return names <= _KNOWN.keys()


def _selected(info: GraphQLResolveInfo[Any]) -> set[str]:
    # The document, not what it expands to: fragments are walked once, however often they are spread.
    names: set[str] = set()
    nodes: list[Any] = [info.operation, *info.fragments.values()]
    while nodes:
        node = nodes.pop()
        if isinstance(node, FieldNode):
            names.add(node.name.value)
        if isinstance(node, FragmentDefinitionNode | OperationDefinitionNode) or getattr(node, "selection_set", None):
            nodes.extend(node.selection_set.selections)
    return names
