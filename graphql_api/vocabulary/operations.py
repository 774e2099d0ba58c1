"""The record of what was ordered."""

from __future__ import annotations

from .phrases import OPERATION, OTHERS

WORDS: dict[str, dict[str, str]] = {
    "OperationState": {
        "": "How far an order is.",
        "CLAIMED": "Begun.",
        "DONE": "Carried out.",
        "REFUSED": "Refused before anything was done.",
        "FAILED": "Begun, and not carried out.",
    },
    "Operation": {
        "": "The record of one order.",
        "id": "The global id: refetch by `node`.",
        "action": "What was ordered.",
        "state": "How far it is.",
        "actor": "User name of who ordered it. Null for the service itself.",
        "remoteAddress": "Where the order came from. Null where it was not recorded.",
        "reason": "Why. Null where none was given.",
        "taskId": "Celery's id of the task. Null for many tasks at once.",
        "newTaskId": "Celery's id of the new task. Null where there is none.",
        "taskName": "The registered name. Null where it is not known.",
        "input": f"What the order said, secrets hidden. {OTHERS}",
        "errorCode": "Why it was not carried out. Null where it was.",
        "startedAt": "When it began.",
        "finishedAt": "When it ended. Null until then.",
        "partOf": f"The order for many tasks that it is a part of. Null where it is by itself. {OPERATION}",
        "bulk": "What an order for many tasks has come to. Null for one task.",
    },
    "BulkOperation": {
        "": "What an order for many tasks has come to.",
        "matchedCount": "Tasks that were selected when it began.",
        "doneCount": "Done.",
        "skippedCount": "Refused.",
        "remainingCount": "Left for the next request with the same key.",
        "items": f"One operation for each task that was done or refused, newest first. {OPERATION}",
    },
    "OperationEdge": {"": "An operation and its place in a list.", "cursor": "Its place.", "node": "The operation."},
    "OperationConnection": {
        "": "A page of operations.",
        "edges": "The operations with their cursors.",
        "nodes": "The operations.",
        "pageInfo": "Whether and where the list goes on.",
        "totalCount": "Of the whole list, exactly. Counts every matching row, so prefer `count`.",
        "count": "Of the whole list, no further than `max`.",
        "count.max": "Where to stop counting; 100,000 at most.",
    },
    "OperationFilter": {
        "": "Which operations. Everything that is given must hold.",
        "action": "What was ordered.",
        "actor": "User name of who ordered it.",
        "taskId": "Celery's id of the task.",
        "startedAt": "When it began.",
        "isPart": "Whether it is one task of an order for many.",
    },
}
