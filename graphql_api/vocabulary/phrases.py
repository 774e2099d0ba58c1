"""What is said in many places: permissions, and fields and arguments that mean the same everywhere."""

from __future__ import annotations

VIEW = "Needs django_celery_results.view_taskresult."
PAYLOAD = "Needs django_celery_results.view_payload."
TRACEBACK = "Needs django_celery_results.view_traceback."
OPERATION = "Needs django_celery_results.view_operation."
OTHERS = (
    "Arguments, headers and payload filters of others' orders are hidden without django_celery_results.view_payload."
)
ELSE = "Null without it."
GROUP = "Needs django_celery_results.view_groupresult."
CLEAN = "Rows that name a secret in it never match."

ANYWHERE: dict[str, str] = {
    "input": "The order.",
    "task": "The task.",
    "code": "For programs; stable.",
    "message": "For people; says what to do.",
    "path": "Where in the input the fault lies; empty where it lies in no one field.",
    "dryRun": "Do nothing; say what would be done.",
    "reason": "Why, for the record.",
    "idempotencyKey": "The same key of the same person does the same order once, however often it is sent.",
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
