"""Statistics."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "TaskResultGroupBy": {
        "": "What statistics can be broken down by.",
        "STATUS": "The state as stored.",
        "TASK_NAME": "The registered name.",
        "WORKER": "Host name of the worker.",
        "QUEUE": "The queue it was sent to.",
        "PERIODIC_TASK": "The schedule entry that sent it.",
        "ERROR_TYPE": "Qualified name of the exception.",
        "ERROR_FINGERPRINT": "Errors of the same type at the same place.",
    },
    "TimeBucketUnit": {
        "": "Lengths of time buckets.",
        "MINUTE": "One minute.",
        "HOUR": "One hour.",
        "DAY": "From midnight to midnight.",
        "WEEK": "From Monday to Monday.",
    },
    "TaskResultTimeField": {
        "": "The moments a task can be counted at.",
        "DATE_CREATED": "When the row was made.",
        "DATE_STARTED": "When it began to run; only tasks that did.",
        "DATE_DONE": "When it finished; only tasks that are ready.",
    },
    "RuntimeStats": {
        "": "Durations, in seconds.",
        "count": "Tasks that have this duration.",
        "min": "The shortest, in seconds. Null without any.",
        "max": "The longest, in seconds. Null without any.",
        "avg": "The mean, in seconds. Null without any.",
        "sum": "All together, in seconds. Null without any.",
        "percentile": "Seconds that `p` of 100 tasks do not exceed. Null without any.",
        "percentile.p": "Between 0 and 100.",
        "isApproximate": "Whether percentiles are taken from the newest 10,000 tasks only, as more match.",
    },
    "TaskResultAggregate": {
        "": "The numbers of one set of tasks.",
        "count": "How many tasks.",
        "stateCounts": "Tasks by state, the most frequent first.",
        "successRate": "Successes among those that succeeded or failed, from 0 to 1. Null where none did either.",
        "runtime": "Seconds from start to end.",
        "queued": "Seconds from the row's creation to the start.",
        "firstSeenAt": "Creation of the oldest row. Null without any.",
        "lastSeenAt": "Creation of the newest row. Null without any.",
    },
    "TaskResultBucket": {
        "": "The tasks that have the same values.",
        "keys": "The values, in the order of `by`; null stands for no value.",
        "aggregate": "Their numbers.",
        "latest": "The one whose row was made last. Null where that is gone.",
    },
    "TaskResultTimeBucket": {
        "": "The tasks of one span of time.",
        "start": "Its first moment.",
        "end": "The first moment after it.",
        "aggregate": "Their numbers.",
        "groups": "Broken down by `by`, the largest bucket first; empty without it.",
    },
    "TaskResultStats": {
        "": "Statistics over the tasks of a filter.",
        "total": "All of them.",
        "groups": "Broken down by values, the largest bucket first.",
        "groups.by": "One to three columns.",
        "groups.top": "Buckets at most; 100 is the limit.",
        "timeSeries": "Broken down by time, the oldest bucket first; spans without tasks are left out.",
        "timeSeries.unit": "The unit of a bucket's length.",
        "timeSeries.step": "Units to a bucket, counted from a Monday; 1,000 at most.",
        "timeSeries.field": "The moment a task is counted at.",
        "timeSeries.by": "A column to break each span down by.",
        "timeSeries.timeZone": "Whose midnights and Mondays; a name such as Europe/Berlin.",
        "isTruncated": (
            "Whether a breakdown selected before this field had over 10,000 combinations of values, states and spans, "
            "of which the largest were kept. Select it last."
        ),
    },
}
