"""Scalars, and the states and orders that every room speaks of."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
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
    "StateCount": {
        "": "How many tasks are in one state.",
        "state": "The state as an enum.",
        "status": "The state as stored.",
        "count": "Tasks.",
    },
    "BoundedCount": {
        "": "A count that may have stopped early.",
        "value": "Rows, as far as was counted.",
        "isExact": "Whether these are all.",
    },
}
