"""What is said in many places: permissions, and fields and arguments that mean the same everywhere."""

from __future__ import annotations

VIEW = "Needs django_celery_results.view_taskresult."
PAYLOAD = "Needs django_celery_results.view_payload."
TRACEBACK = "Needs django_celery_results.view_traceback."
OPERATION = "Needs django_celery_results.view_operation."
OTHERS = (
    "Arguments, headers and payload filters of others' orders are hidden without django_celery_results.view_payload."
)
OVERRIDE = "Needs django_celery_results.override_taskresult."
ELSE = "Null without it."
GROUP = "Needs django_celery_results.view_groupresult."
CLEAN = "Rows that name a secret in it never match."
NO_NULL = "Everything that is given must hold; null is not a comparison, use `isNull`."
RECORD = "The record of the order. Null for a dry run, and where the order was not recorded."

ANYWHERE: dict[str, str] = {
    "input": "The order.",
    "task": "The task.",
    "code": "For programs; stable.",
    "message": "For people; says what to do, and may change.",
    "path": "Input fields, from the outside in, to the one at fault; empty where no single one is.",
    "dryRun": "Do nothing; say what would be done.",
    "reason": "Why, for the record, which keeps 2,000 characters.",
    "idempotencyKey": (
        "The same key of the same person does the same order once, however often it is sent; 1 to 255 characters."
    ),
    "first": (
        "Rows of the page, from the beginning or from `after`; `ServiceInfo.pageSize` unless given, "
        "`ServiceInfo.maxPageSize` at most."
    ),
    "after": "Only rows that come after the one with this cursor, which is good for the same filter and order.",
    "last": (
        "Rows of the page, counted back from the end or from `before`; `ServiceInfo.maxPageSize` at most. "
        "Not together with `first`."
    ),
    "before": "Only rows that come before the one with this cursor, which is good for the same filter and order.",
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
