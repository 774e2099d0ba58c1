"""Whoever asks, the service that answers, and the tasks that it knows."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "Viewer": {
        "": "Whoever asks.",
        "username": "Their user name. Null where the project's users have none.",
        "permissions": "What they may do, by the names of the permissions.",
        "canView": "Whether they may see tasks.",
        "canRetry": "Whether they may run tasks again.",
        "canRevoke": "Whether they may revoke tasks.",
        "canTerminate": "Whether they may terminate running tasks.",
        "canDelete": "Whether they may delete results.",
    },
    "RegisteredTask": {
        "": "A task that the service's Celery app knows.",
        "name": "The name under which messages ask for it.",
        "doc": "Its docstring. Null without any.",
        "maxRetries": "How often it may retry by itself. Null where there is no limit.",
        "rateLimit": "Runs of one worker at most, such as 10/m. Null where there is no limit.",
        "timeLimitSeconds": "Seconds after which its process is killed. Null where there is no limit.",
        "stats": "How its runs went that you may see.",
        "stats.window": "Rows made not longer ago than this; the window moves with the clock.",
        "signature": "Its parameters, in order. Null where its function does not tell.",
    },
    "TaskParameter": {
        "": "One parameter of a task's function.",
        "name": "Its name.",
        "kind": "How it is given.",
        "annotation": "Its type as written in the code. Null without any.",
        "isRequired": "Whether a message must give it.",
        "default": "What it is where a message does not give it, secrets hidden. Null without any.",
    },
    "ParameterKind": {
        "": "How a parameter is given, as in Python.",
        "POSITIONAL_ONLY": "By its place.",
        "POSITIONAL_OR_KEYWORD": "By its place or by its name.",
        "VAR_POSITIONAL": "All further positional arguments.",
        "KEYWORD_ONLY": "By its name.",
        "VAR_KEYWORD": "All further named arguments.",
    },
    "ServiceInfo": {
        "": "What this service is.",
        "version": "Version of django-celery-results.",
        "celeryVersion": "Version of Celery in this process.",
        "schemaHash": "SHA-256 of the schema's canonical text.",
        "resultExtended": "Whether arguments are stored with results. Null where the process has no Celery app.",
        "retryArgumentsStored": (
            "Whether what a retry needs is kept, unless a task says otherwise. "
            "Null where the process has no Celery app."
        ),
        "pageSize": "Rows of a page where no number is asked for.",
        "maxPageSize": "Rows of a page at most.",
    },
}
