"""The record of what was ordered."""

from __future__ import annotations

from .phrases import NO_NULL, OPERATION, OTHERS

WORDS: dict[str, dict[str, str]] = {
    "OperationState": {
        "": "How far an order is.",
        "CLAIMED": "Begun; of many tasks, some may be left for the next request.",
        "DONE": "Carried out.",
        "REFUSED": "Refused before anything was done.",
        "FAILED": "Begun, and not carried out.",
    },
    "Operation": {
        "": "The record of one order.",
        "id": "The global id: refetch by `node`.",
        "action": (
            "What was ordered: `retry`, `revoke` or `forget`; for many tasks with `bulk_` before it. "
            "`forget_group` is the deletion of a saved group in the admin. `refusals` counts, in `reason`, what was "
            "refused beyond the number that one person's refusals are recorded one by one in a minute."
        ),
        "state": "How far it is.",
        "actor": "User name of who ordered it; `system` for the command line. Null where the user has no name.",
        "remoteAddress": "Where the order came from. Null where it was not recorded.",
        "reason": "Why. Null where none was given.",
        "taskId": "Celery's id of the task. Null for many tasks at once, or where none was looked up.",
        "newTaskId": "Celery's id of the new task. Null where there is none.",
        "taskName": "The registered name. Null where it is not known.",
        "input": f"What the order said, secrets hidden. {OTHERS}",
        "errorCode": "Why it was not carried out, as an `ErrorCode`. Null where it was, or is under way.",
        "startedAt": "When it began.",
        "finishedAt": "When it ended. Null until then.",
        "partOf": f"The order for many tasks that it is a part of. Null where it is by itself. {OPERATION}",
        "bulk": "What an order for many tasks has come to. Null for one task.",
    },
    "BulkOperation": {
        "": "What an order for many tasks has come to.",
        "matchedCount": "Tasks that were selected when it began.",
        "doneCount": "Tasks for which it was done.",
        "skippedCount": "Tasks that were refused.",
        "remainingCount": "Tasks that are left for the next request with the same key.",
        "items": f"One operation for each task that was done or refused, newest first. {OPERATION}",
    },
    "OperationEdge": {
        "": "An operation and its place in a list.",
        "cursor": "Its place, for `after` and `before`.",
        "node": "The operation.",
    },
    "OperationConnection": {
        "": "A page of operations.",
        "edges": "The operations with their cursors.",
        "nodes": "The operations.",
        "pageInfo": "Whether and where the list goes on.",
        "totalCount": "Rows of the whole list, exactly. Each of them is counted, so prefer `count`.",
        "count": "Rows of the whole list, counted no further than `max`.",
        "count.max": "Where to stop counting; 100,000 at most.",
    },
    "OperationFilter": {
        "": f"Which operations. {NO_NULL}",
        "action": "What was ordered, as `Operation.action` says it.",
        "actor": "User name of who ordered it.",
        "taskId": "Celery's id of the task.",
        "startedAt": "When it began.",
        "isPart": "Whether it is one task of an order for many.",
    },
}
