"""The words of the schema: what every type, field, argument and enum value means, said once for every engine.

Each says the unit, why a value may be null, and which permission it needs.
"""

from __future__ import annotations

_VIEW = "Needs django_celery_results.view_taskresult."
_PAYLOAD = "Needs django_celery_results.view_payload."
_TRACEBACK = "Needs django_celery_results.view_traceback."
_CLEAN = "Rows that name a secret in it never match."

_WORDS: dict[str, dict[str, str]] = {
    "DateTime": {"": "RFC 3339, always with an offset; UTC on output, to the microsecond."},
    "Duration": {
        "": "A span of time as in ISO 8601, such as PT90S, PT1H30M or P7D. Months and years have no fixed length."
    },
    "JSON": {
        "": "Any JSON value. Integers beyond 2^53-1 come as they are; read `text` where your client cannot hold them."
    },
    "BigInt": {"": "A whole number that may exceed 32 bits; a string beyond 2^53-1."},
    "TaskState": {
        "": "Celery's states. A task may set any other text, such as PROGRESS: CUSTOM here, and verbatim in `status`.",
        "PENDING": "Waiting in a queue, or unknown.",
        "RECEIVED": "A worker took it from the queue.",
        "STARTED": "It runs.",
        "RETRY": "It failed and will run again by itself.",
        "SUCCESS": "It returned a value.",
        "FAILURE": "It raised an error.",
        "REVOKED": "It was cancelled.",
        "REJECTED": "The worker gave the message back.",
        "IGNORED": "Its outcome is not kept.",
        "CUSTOM": "A state of the task's own; see `status`.",
    },
    "OrderDirection": {"": "Which end of a list comes first.", "ASC": "Smallest first.", "DESC": "Largest first."},
    "TaskResultOrderField": {
        "": "What tasks can be ordered by.",
        "DATE_CREATED": "When the row was made. It never changes, so pages neither skip nor repeat rows.",
        "DATE_DONE": "When the task finished; lists only tasks that are ready.",
    },
    "GroupResultOrderField": {
        "": "What groups can be ordered by.",
        "DATE_CREATED": "When the row was made.",
        "DATE_DONE": "When the row was last written.",
    },
    "TaskResult": {
        "": "What is known about one task.",
        "id": "The global id: refetch by `node`, or name the task by `TaskRef.id`.",
        "taskId": "Celery's id. Not always a UUID.",
        "status": "The state as stored, which may be any text.",
        "state": "The state as an enum.",
        "isReady": "Whether it is finished: SUCCESS, FAILURE or REVOKED.",
        "taskName": "The registered name. Null where the producer or worker did not say it.",
        "periodicTaskName": "The schedule entry that sent it. Null where none did.",
        "worker": "Host name of the worker that ran it. Null until one did.",
        "queue": "The queue it was sent to. Null where it was not recorded.",
        "retries": "How often it was retried by itself. Null where it was not recorded.",
        "priority": "The message's priority. Null where it was not recorded.",
        "groupId": "Celery's id of its group. Null outside of groups.",
        "parentTaskId": "Celery's id of the task that sent it. Null where none did.",
        "rootTaskId": "Celery's id of the first task of its workflow. Null where it was not recorded.",
        "eta": "Not to be run before this moment. Null where none was given.",
        "dateCreated": "When the row was made.",
        "dateStarted": "When it began to run. Null until then, or where starts are not tracked.",
        "dateDone": "When it finished. Null until it is ready.",
        "queuedSeconds": "Seconds from the row's creation to the start. Null until it started.",
        "runtimeSeconds": "Seconds from start to end. Null until it is ready, or where starts are not tracked.",
    },
    "TaskResultConnection": {
        "": "A page of tasks.",
        "edges": "The tasks with their cursors.",
        "nodes": "The tasks.",
        "pageInfo": "Whether and where the list goes on.",
    },
    "TaskResultEdge": {
        "": "A task and its place in a list.",
        "cursor": "Its place, for `after` and `before`.",
        "node": "The task.",
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
    "Query": {
        "": "What can be asked.",
        "node": "Any object by its global id. Null where it does not exist or may not be seen.",
        "node.id": "The global id.",
        "taskResult": f"One task. Null where there is no row, or none that you may see. {_VIEW}",
        "taskResult.ref": "Which task.",
        "taskResults": f"Tasks, newest first. {_VIEW}",
    },
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
        "args": f"Stored text of the positional arguments. {_PAYLOAD} {_CLEAN}",
        "kwargs": f"Stored text of the named arguments. {_PAYLOAD} {_CLEAN}",
        "result": f"Stored text of the result. {_PAYLOAD} {_CLEAN}",
        "traceback": f"The traceback. {_TRACEBACK} {_CLEAN}",
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

_ANYWHERE: dict[str, str] = {
    "first": "Rows of the page, from the beginning or from `after`; 50 unless given, 100 at most.",
    "after": "The cursor of the row before the page; only for the same filter and order.",
    "last": "Rows of the page, counted back from the end or from `before`.",
    "before": "The cursor of the row behind the page; only for the same filter and order.",
    "filter": "Which rows; all that you may see unless given.",
    "orderBy": "The order; newest first unless given.",
    "and": "All of these must hold.",
    "or": "One of these must hold.",
    "not": "This must not hold.",
    "eq": "Equal to this.",
    "ne": "Not equal to this; rows without a value match too.",
    "in": "Equal to one of these; an empty list matches nothing. 1,000 values at most.",
    "notIn": "Equal to none of these; rows without a value match too. 1,000 values at most.",
    "contains": "Has this in it.",
    "startsWith": "Begins with this.",
    "endsWith": "Ends with this.",
    "iEq": "Equal to this in any case.",
    "iContains": "Has this in it, in any case.",
    "iStartsWith": "Begins with this, in any case.",
    "iEndsWith": "Ends with this, in any case.",
    "regex": "Matches this regular expression, in the database's dialect. Off unless the service allows it.",
    "iRegex": "Matches this regular expression, in any case. Off unless the service allows it.",
    "isNull": "Whether there is no value.",
    "gt": "Greater than this.",
    "gte": "Greater than this or equal to it.",
    "lt": "Less than this.",
    "lte": "Less than this or equal to it.",
    "withinLast": "Not longer ago than this; the window moves with the clock.",
    "olderThan": "Longer ago than this; the window moves with the clock.",
}


def words(type_name: str, field: str = "", argument: str = "") -> str:
    """The description of a type, of a field or enum value in it, or of a field's argument."""
    known = _WORDS.get(type_name, {})
    key = f"{field}.{argument}" if argument else field
    found = known.get(key) or _ANYWHERE.get(argument or field)
    if not found:
        raise LookupError(f"graphql_api.vocabulary has no words for {type_name}.{key}")
    return found
