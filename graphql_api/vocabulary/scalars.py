"""Scalars, and the states, orders, pages and counts that every room speaks of."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "DateTime": {"": "RFC 3339, always with an offset; UTC on output, to the microsecond."},
    "Duration": {
        "": "A span of time as in ISO 8601, such as PT90S, PT1H30M or P7D. Months and years have no fixed length."
    },
    "JSON": {
        "": (
            "Any JSON value. Integers beyond 2^53-1 come as they are; read `SerializedValue.text` where your client "
            "cannot hold them."
        )
    },
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
    "Node": {"": "What has a global id.", "id": "The global id: refetch by `node`."},
    "PageInfo": {
        "": "Whether and where a list goes on.",
        "hasNextPage": "Whether rows follow the page.",
        "hasPreviousPage": "Whether rows come before the page.",
        "startCursor": "The place of the page's first row, for `before`. Null where the page is empty.",
        "endCursor": "The place of the page's last row, for `after`. Null where the page is empty.",
    },
    "StateCount": {
        "": "How many tasks are in one state.",
        "state": "The state as an enum.",
        "status": "The state as stored.",
        "count": "How many tasks.",
    },
    "BoundedCount": {
        "": "A count that may have stopped early.",
        "value": "Rows, as far as was counted.",
        "isExact": "Whether these are all.",
    },
}
