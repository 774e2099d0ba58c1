"""Tasks, pages of them, and how they are named and ordered."""

from __future__ import annotations

from .phrases import ELSE, GROUP, PAYLOAD

WORDS: dict[str, dict[str, str]] = {
    "TaskResult": {
        "": "What is known about one task.",
        "id": "The global id: refetch by `node`, or name the task by `TaskRef.id`.",
        "taskId": "Celery's id. Not always a UUID.",
        "status": "The state as stored, which may be any text.",
        "state": "The state as an enum.",
        "isReady": "Whether it is finished: SUCCESS, FAILURE or REVOKED.",
        "taskName": "The registered name. Null where the producer or worker did not say it.",
        "periodicTaskName": "The schedule entry that sent it. Null where none is known.",
        "worker": "Host name of the worker that ran it. Null where none is known.",
        "queue": "The queue it was sent to. Null where it was not recorded.",
        "args": f"Positional arguments, as described when it was sent. Null where not recorded. {PAYLOAD} {ELSE}",
        "kwargs": f"Named arguments, as described when it was sent. Null where not recorded. {PAYLOAD} {ELSE}",
        "result": (
            "What it returned; its error where it raised one; what it told by `update_state` while it runs. "
            f"Null where nothing is stored. {PAYLOAD} {ELSE}"
        ),
        "error": "Why it failed, is retried, or was revoked or rejected. Null in every other state.",
        "meta": f"What Celery and the project attached. Null where it is not JSON. {PAYLOAD} {ELSE}",
        "progress": f"How far it says it is, by `update_state`. Null once it is ready. {PAYLOAD} {ELSE}",
        "retries": "How often it was retried by itself. Null where it was not recorded.",
        "priority": "The message's priority. Null where it was not recorded.",
        "groupId": "Celery's id of its group. Null where none is known.",
        "parentTaskId": "Celery's id of the task that sent it. Null where none is known.",
        "rootTaskId": "Celery's id of the first task of its workflow. Null where it was not recorded.",
        "eta": "Not to be run before this moment. Null where none is known.",
        "dateCreated": "When the row was made.",
        "dateStarted": "When it began to run. Null until then, or where starts are not tracked.",
        "dateDone": "When it finished. Null until it is ready.",
        "parent": "The task that sent it. Null where none is known, or its row is gone or hidden.",
        "root": "The first task of its workflow. Null where it was not recorded, or its row is gone or hidden.",
        "group": f"Its group, where that was saved. Null elsewhere. {GROUP}",
        "retriedFrom": (
            "The task it is another run of, by this service. Null where it is none, or that row is gone or hidden."
        ),
        "children": "The tasks it sent, newest first.",
        "workflow": "Every task with the same root: the chain, group or chord around it, and what those sent.",
        "workflow.limit": "Tasks at most; 1,000 is the limit.",
        "chord": f"The chord whose header its group is. Null where there is none, or it is gone. {GROUP}",
        "viewerRetryBlockers": (
            "Why you could not retry it now, by what is stored; empty where nothing stands against it. "
            "A dry run of `retryTask` checks the rest."
        ),
        "viewerRevokeBlockers": (
            "Why you could not revoke it now, by what is stored; empty where nothing stands against it. "
            "A dry run of `revokeTask` checks the rest."
        ),
        "retriedAs": "Its further runs by this service, newest first.",
        "adminUrl": "Path of its page in Django's admin. Null where that is not mounted, or you are not staff.",
        "queuedSeconds": "Seconds from the row's creation to the start. Null until it started.",
        "runtimeSeconds": "Seconds from start to end. Null until it is ready, or where starts are not tracked.",
    },
    "TaskResultConnection": {
        "": "A page of tasks.",
        "edges": "The tasks with their cursors.",
        "nodes": "The tasks.",
        "pageInfo": "Whether and where the list goes on.",
        "totalCount": "Rows of the whole list, exactly. Each of them is counted, so prefer `count`.",
        "count": "Rows of the whole list, counted no further than `max`.",
        "count.max": "Where to stop counting; 100,000 at most.",
    },
    "TaskResultEdge": {
        "": "A task and its place in a list.",
        "cursor": "Its place, for `after` and `before`.",
        "node": "The task.",
    },
    "TaskWorkflow": {
        "": "The tasks around one task, flat; `parentTaskId` of each tells the tree.",
        "rootTaskId": "Celery's id of the first task; its row may be gone.",
        "tasks": "Those with a row that you may see, the oldest first.",
        "isTruncated": "Whether there are more than `limit`.",
        "stateCounts": "The listed tasks by state, the most frequent first.",
    },
    "TaskRef": {
        "": "Names one task by exactly one of its ids.",
        "id": "The global id.",
        "taskId": "Celery's id.",
    },
    "TaskResultOrder": {
        "": "The order of a list of tasks. The primary key decides among equals, in the same direction.",
        "field": "What to order by.",
        "direction": "Which end comes first.",
    },
    "TaskResultOrderField": {
        "": "What tasks can be ordered by.",
        "DATE_CREATED": "When the row was made. It never changes, so pages neither skip nor repeat rows.",
        "DATE_DONE": "When the task finished; lists only tasks that are ready.",
        "DATE_STARTED": "When it began to run; lists only tasks that did. Off unless the service allows slow orders.",
        "RUNTIME": (
            "Seconds from start to end; lists only tasks that started and are ready. "
            "Off unless the service allows slow orders."
        ),
    },
}
