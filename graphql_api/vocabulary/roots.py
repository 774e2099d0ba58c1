"""The questions and the orders themselves."""

from __future__ import annotations

from .phrases import GROUP, VIEW

WORDS: dict[str, dict[str, str]] = {
    "Query": {
        "": (
            "What can be asked. Without the permission that a description names, a field is an error with the code "
            "FORBIDDEN, or null where the description says so."
        ),
        "node": (
            "Any object by its global id. Null where it does not exist or may not be seen. "
            "Needs the permission to view objects of its type."
        ),
        "node.id": "The global id.",
        "taskResult": f"One task. Null where there is no row, or none that you may see. {VIEW}",
        "taskResult.ref": "Which task.",
        "nodes": (
            "Objects by their global ids, in that order. Null where one does not exist or may not be seen. "
            "Needs the permissions to view objects of their types."
        ),
        "nodes.ids": "The global ids; `ServiceInfo.maxPageSize` at most.",
        "operations": "What was ordered, newest first. Needs django_celery_results.view_operation.",
        "viewer": "Whoever asks.",
        "service": "What this service is.",
        "taskResultStats": f"Statistics over tasks. {VIEW}",
        "suggest": f"Values that a column has, in order, for pickers of filters. {VIEW}",
        "suggest.field": "The column.",
        "suggest.prefix": "What the values begin with.",
        "suggest.first": "Values at most; 100 is the limit.",
        "registeredTasks": f"Tasks that the service's Celery app knows, by name; none where it has no app. {VIEW}",
        "registeredTasks.search": "What the names have in them, in any case.",
        "groupResult": f"One saved group. Null where there is no row, or none that you may see. {GROUP}",
        "groupResult.groupId": "Celery's id.",
        "groupResults": f"Saved groups, newest first. {GROUP}",
        "taskResults": f"Tasks, newest first. {VIEW}",
    },
    "Mutation": {
        "": "What can be ordered. What is refused is told by `errors` of the payload.",
        "retryTask": "Run a task again. Needs django_celery_results.retry_taskresult.",
        "deleteTaskResult": "Delete a result. Needs django_celery_results.delete_taskresult.",
        "bulkRetryTasks": "Run many tasks again. Needs django_celery_results.retry_taskresult.",
        "bulkRevokeTasks": "Stop many tasks. Needs django_celery_results.revoke_taskresult.",
        "bulkDeleteTaskResults": "Delete many results. Needs django_celery_results.delete_taskresult.",
        "revokeGroup": (
            "Stop what is left of a group: its tasks that have a row and are not finished. "
            "Needs django_celery_results.revoke_taskresult."
        ),
        "revokeTask": "Stop a task. Needs django_celery_results.revoke_taskresult.",
    },
}
