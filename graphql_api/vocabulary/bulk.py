"""Orders for many tasks."""

from __future__ import annotations

from .phrases import OVERRIDE, RECORD

WORDS: dict[str, dict[str, str]] = {
    "TaskSelector": {
        "": "Names tasks in exactly one way. An empty filter is refused.",
        "ids": "Global ids; 1,000 at most.",
        "taskIds": "Celery's ids; 1,000 at most.",
        "filter": "Every task that you may see and that matches.",
    },
    "BulkOptions": {
        "": "How far to go, and why.",
        "limit": "Tasks of this request; 1,000 unless given, which is also the most.",
        "expectedCount": "Refuse unless the selection still has this many.",
    },
    "BulkRetryTasksInput": {
        "": "Which tasks to run again, and how.",
        "select": "The tasks.",
        "overrides": f"What to change about each. {OVERRIDE}",
        "scope": "What happens to those who waited for them.",
        "allowStates": "States they may be in; others are skipped.",
        "allowRetried": "Whether to run again those that were run again before.",
        "options": "How far to go, and why.",
    },
    "BulkRevokeTasksInput": {
        "": "Which tasks to stop, and how.",
        "select": "The tasks.",
        "terminate": "Whether to end those that run. Needs django_celery_results.terminate_taskresult.",
        "signal": "How to end them, where `terminate` is set.",
        "options": "How far to go, and why.",
    },
    "RevokeGroupInput": {
        "": "Which group to stop, and how.",
        "groupId": "Celery's id of the group.",
        "terminate": "Whether to end those that run. Needs django_celery_results.terminate_taskresult.",
        "signal": "How to end them, where `terminate` is set.",
        "options": "How far to go, and why.",
    },
    "BulkDeleteTaskResultsInput": {
        "": "Which results to delete.",
        "select": "The tasks.",
        "options": "How far to go, and why.",
    },
    "BulkPayload": {
        "": "What became of an order for many tasks.",
        "matchedCount": "Tasks that were selected when it began.",
        "doneCount": "Tasks for which it was done, by all requests with this key so far.",
        "skippedCount": "Tasks that were refused, by all requests with this key so far.",
        "remainingCount": "Tasks that are left: send the same order with the same key again.",
        "items": "The tasks of this request.",
        "errors": "Why it was not begun, or stopped early; empty otherwise.",
        "operation": RECORD,
    },
    "BulkItem": {
        "": "One task of an order for many.",
        "taskId": "Celery's id.",
        "outcome": "What became of it.",
        "newTaskId": "Celery's id of the new task. Null where there is none.",
        "error": "Why it was skipped. Null where it was not.",
    },
    "BulkOutcome": {
        "": "What became of one task.",
        "PENDING": "It would be done; this was a dry run.",
        "DONE": "Done.",
        "SKIPPED": "Refused; the others go on.",
    },
}
