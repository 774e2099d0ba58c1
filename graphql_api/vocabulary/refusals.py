"""Why an order was refused."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "ErrorCode": {
        "": "Why an order was refused.",
        "NOT_FOUND": "There is no such task, or you may not see it.",
        "FORBIDDEN": "You lack a permission.",
        "INVALID_INPUT": "A value in the input cannot be used.",
        "TASK_NOT_REGISTERED": "The service's Celery app knows no task of this name.",
        "TASK_NOT_ALLOWED": (
            "The project's policy forbids this for this task, or for one that its message would also run, or the "
            "project's rows protect its row."
        ),
        "ARGUMENTS_UNAVAILABLE": "The task's real arguments were not kept.",
        "ALREADY_FINISHED": "The task is finished.",
        "NOT_FINISHED": "The task is not finished.",
        "ALREADY_RETRIED": "The task was run again before.",
        "CANNOT_CONTINUE": "What was waiting for this task cannot go on; retry it alone.",
        "IN_TRANSACTION": "The service runs this inside an open transaction.",
        "APP_NOT_CONFIGURED": "The service's process has no configured Celery app.",
        "CONTROL_UNSUPPORTED": "This broker carries no remote control, or the workers cannot do this.",
        "DUPLICATE_REQUEST": "The idempotency key was used for another order, or its order is still under way.",
        "SELECTION_TOO_LARGE": "More tasks match than one order takes.",
        "SELECTION_CHANGED": "Another number of tasks matches than was expected.",
        "BROKER_UNREACHABLE": "The broker did not answer. Nothing was done.",
        "WORKERS_UNREACHABLE": "No worker answered in time.",
        "TOO_SLOW": (
            "A dry run took too long to find the tasks, or the mutations before this one in the same operation took "
            "all of its time. Nothing was done."
        ),
    },
    "UserError": {"": "Why an order was refused. Select `... on UserError`: further types may join any union."},
    "NotFoundError": {"": "There is no such task, or you may not see it."},
    "ForbiddenError": {
        "": "You lack a permission.",
        "permission": "The missing permission. Null where no single one would help.",
    },
    "InvalidInputError": {"": "A value in the input cannot be used."},
    "UnavailableError": {"": "Something that is needed is not there now. The order may succeed later."},
    "NotRetryableError": {
        "": "This task cannot be run again in this way.",
        "blockers": "Every reason that is known, the one of this error first.",
    },
    "NotRevocableError": {"": "This task cannot be revoked.", "task": "The task. Null where it has no row."},
    "SelectionError": {
        "": "The selection is too large, or is another than was expected.",
        "matchedCount": "Tasks that are selected. Null where they were not counted.",
        "limit": "Tasks that one order takes. Null where that is not the reason.",
    },
    "ActionBlocker": {"": "A reason why an order would be refused."},
    "RetryTaskError": {"": "What can go wrong with a retry."},
    "RevokeTaskError": {"": "What can go wrong with a revoke."},
    "DeleteError": {"": "What can go wrong with a deletion."},
    "BulkError": {"": "What can go wrong with an order for many tasks."},
}
