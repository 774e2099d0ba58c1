"""Which tasks: the filter and its comparisons."""

from __future__ import annotations

from .phrases import CLEAN, NO_NULL, PAYLOAD, TRACEBACK

WORDS: dict[str, dict[str, str]] = {
    "TaskResultFilter": {
        "": f"Which tasks. {NO_NULL}",
        "id": "The global id.",
        "taskId": "Celery's id.",
        "taskName": "The registered name.",
        "periodicTaskName": "The schedule entry that sent it.",
        "status": "The state as stored.",
        "state": "The state as an enum.",
        "isReady": "Whether it is finished: SUCCESS, FAILURE or REVOKED.",
        "worker": "Host name of the worker.",
        "queue": "The queue it was sent to.",
        "dateCreated": "When the row was made.",
        "dateStarted": "When it began to run.",
        "dateDone": "When it finished; null until it is ready.",
        "runtimeSeconds": "Seconds from start to end; null until it is ready.",
        "retries": "How often it was retried by itself.",
        "priority": "The message's priority.",
        "args": (
            f"Stored text of the positional arguments. {PAYLOAD} {CLEAN} Tasks that are not registered, or have a "
            "parameter that is named like a secret, never match."
        ),
        "kwargs": f"Stored text of the named arguments. {PAYLOAD} {CLEAN}",
        "result": f"Stored text of the result. {PAYLOAD} {CLEAN}",
        "resultJson": f"One value inside a result that is JSON. {PAYLOAD} {CLEAN}",
        "metaJson": f"One value inside of `meta`. {PAYLOAD} {CLEAN}",
        "traceback": f"The traceback. {TRACEBACK} {CLEAN}",
        "errorType": "Qualified name of the exception.",
        "errorFingerprint": "Equal for errors of the same type at the same place.",
        "groupId": "Celery's id of its group.",
        "rootTaskId": "Celery's id of the first task of its workflow.",
        "parentTaskId": "Celery's id of the task that sent it.",
        "hasParent": "Whether another task sent it.",
        "search": (
            "Words that all stand, in any case, in name, id, worker, queue, schedule or error type; 10 at most. "
            '`"two words"` stay together, `-word` must not stand there, `field:word` looks in one field: id, name, '
            "periodic, status, worker, queue, group, root, parent, error. Also args, kwargs and result, "
            "which need django_celery_results.view_payload, and traceback, which needs "
            f"django_celery_results.view_traceback. {CLEAN}"
        ),
        "wasRetried": "Whether it was run again through this service, by a run that you may see.",
    },
    "StringFilter": {
        "": "Comparisons of text, byte for byte except those that begin with `i`. All that are given must hold."
    },
    "IDFilter": {"": "Comparisons of ids, byte for byte. All that are given must hold."},
    "GlobalIDFilter": {"": "Comparisons of global ids. All that are given must hold."},
    "JSONFilter": {
        "": (
            "Comparisons of one value inside of JSON. All that are given must hold. Texts of more than 1,000,000 bytes "
            "have no such value. Refused on PostgreSQL before 16, which cannot look into JSON that may be damaged."
        ),
        "path": (
            "Keys, and indexes of lists, from the outside in; 10 at most, of which 3 may be numbers. "
            "Without quotes, backslashes and control characters."
        ),
        "eq": "Equal to this string, number or boolean.",
        "ne": "Not equal to this; rows without a value match too.",
        "in": "Equal to one of these; an empty list matches nothing. 20 values at most.",
        "notIn": "Equal to none of these; rows without a value match too. 20 values at most.",
        "contains": "A string that has this in it.",
        "startsWith": "A string that begins with this.",
        "isNull": "Whether it is null, or there is no such place.",
        "gt": "A number greater than this.",
        "gte": "A number greater than this or equal to it.",
        "lt": "A number less than this.",
        "lte": "A number less than this or equal to it.",
    },
    "StateFilter": {"": "Comparisons of states. All that are given must hold."},
    "DateTimeFilter": {"": "Comparisons of moments. All that are given must hold."},
    "FloatFilter": {"": "Comparisons of seconds. All that are given must hold."},
    "IntFilter": {"": "Comparisons of whole numbers. All that are given must hold."},
}
