"""Which tasks: the filter and its comparisons."""

from __future__ import annotations

from .phrases import CLEAN, PAYLOAD, TRACEBACK

WORDS: dict[str, dict[str, str]] = {
    "TaskResultFilter": {
        "": "Which tasks. Everything that is given must hold; null is not a comparison, use `isNull`.",
        "taskId": "Celery's id.",
        "taskName": "The registered name.",
        "periodicTaskName": "The schedule entry that sent it.",
        "status": "The state as stored.",
        "state": "The state as an enum.",
        "isReady": "Whether it is finished.",
        "worker": "Host name of the worker.",
        "queue": "The queue it was sent to.",
        "dateCreated": "When the row was made.",
        "dateStarted": "When it began to run.",
        "dateDone": "When it finished; null until it is ready.",
        "runtimeSeconds": "Seconds from start to end; null until it is ready.",
        "retries": "How often it was retried by itself.",
        "priority": "The message's priority.",
        "args": f"Stored text of the positional arguments. {PAYLOAD} {CLEAN}",
        "kwargs": f"Stored text of the named arguments. {PAYLOAD} {CLEAN}",
        "result": f"Stored text of the result. {PAYLOAD} {CLEAN}",
        "traceback": f"The traceback. {TRACEBACK} {CLEAN}",
        "errorType": "Qualified name of the exception.",
        "errorFingerprint": "Equal for errors of the same type at the same place.",
        "groupId": "Celery's id of its group.",
        "rootTaskId": "Celery's id of the first task of its workflow.",
        "parentTaskId": "Celery's id of the task that sent it.",
        "hasParent": "Whether another task sent it.",
        "wasRetried": "Whether it was run again through this service.",
    },
    "StringFilter": {
        "": "Comparisons of text, byte for byte except those that begin with `i`. All that are given must hold."
    },
    "IDFilter": {"": "Comparisons of ids, byte for byte. All that are given must hold."},
    "StateFilter": {"": "Comparisons of states. All that are given must hold."},
    "DateTimeFilter": {"": "Comparisons of moments. All that are given must hold."},
    "FloatFilter": {"": "Comparisons of seconds. All that are given must hold."},
    "IntFilter": {"": "Comparisons of whole numbers. All that are given must hold."},
}
