"""Orders for one task: what they take and what becomes of them."""

from __future__ import annotations

from .phrases import ELSE, OVERRIDE, PAYLOAD, RECORD

WORDS: dict[str, dict[str, str]] = {
    "RetryScope": {
        "": "What happens to those who waited for the task.",
        "ALONE": "A new task, in no group, chord or chain.",
        "CONTINUE": "What was waiting for this task goes on: the rest of its chain, its group, its chord.",
    },
    "TerminateSignal": {
        "": "What a running task's process is sent.",
        "SIGTERM": "Ask it to end.",
        "SIGINT": "As Ctrl-C. Processes of a prefork pool ignore it, unless the task itself says otherwise.",
        "SIGQUIT": "As Ctrl-backslash.",
        "SIGKILL": "End it at once, without cleaning up. Needs django_celery_results.kill_taskresult.",
    },
    "RetryOverrides": {
        "": f"What to change about the message; what is not given stays as it was sent. {OVERRIDE}",
        "args": (
            "A list in place of all positional arguments. Refused for Celery's own tasks, and with a key `__type__` "
            "anywhere in it."
        ),
        "kwargs": "An object merged into the named arguments; a null removes the name. Refused as `args` are.",
        "queue": "The queue to send it to: one that the Celery app configures, or in which you see a task.",
        "priority": "The message's priority, from 0 to 255.",
        "countdownSeconds": "Seconds from now before which it is not run; not together with `eta`.",
        "eta": "The moment before which it is not run.",
        "expires": "The moment after which it is not run.",
        "headers": "An object merged into the message's own headers. Only names that the service's settings allow.",
    },
    "RetryTaskInput": {
        "": "Which task to run again, and how.",
        "overrides": f"What to change about it. {OVERRIDE}",
        "scope": "What happens to those who waited for it.",
        "allowStates": "States it may be in; in any other it is refused.",
        "allowRetried": "Whether to run it again although that was done before.",
    },
    "RetryTaskPayload": {
        "": "What became of a retry.",
        "original": "The task it is another run of. Null where it was not found.",
        "taskId": "Celery's id of what runs now. Null where nothing was sent.",
        "newTask": "The row of what runs now. Null where nothing was sent, or that row is gone.",
        "preview": "What would be sent. Null unless `dryRun`, and where it would be refused.",
        "errors": "Why it was refused; empty where it was not.",
        "operation": RECORD,
    },
    "RetryPreview": {
        "": "What a retry would send, secrets hidden.",
        "taskName": "The registered name.",
        "keepsId": "Whether the task keeps its id, so that its group or chord heals.",
        "args": f"Positional arguments. {PAYLOAD} {ELSE}",
        "kwargs": f"Named arguments. {PAYLOAD} {ELSE}",
        "queue": "The queue it would go to. Null where it goes to an exchange by a routing key.",
    },
    "RevokeTaskInput": {
        "": "Which task to stop, and how.",
        "terminate": "Whether to end it if it runs. Needs django_celery_results.terminate_taskresult.",
        "signal": "How to end it, where `terminate` is set.",
        "wait": "How long to wait for workers to answer; 2 seconds unless given, 30 at most.",
    },
    "RevokeTaskPayload": {
        "": "What became of a revoke.",
        "task": "The row afterwards. Null where there is none.",
        "taskId": "Celery's id. Null where it was not found.",
        "isSupported": "False where this broker carries no remote control.",
        "workers": "Every worker that was asked.",
        "errors": "Why it was refused; empty where it was not.",
        "operation": RECORD,
    },
    "WorkerReply": {
        "": "What one worker said.",
        "worker": "Its host name.",
        "acknowledged": "Whether it answered in time.",
        "message": "What it answered. Null where it kept silent.",
    },
    "DeleteTaskResultInput": {"": "Which result to delete."},
    "DeleteTaskResultPayload": {
        "": "What became of a deletion.",
        "taskId": "Celery's id. Null where it was not found.",
        "errors": "Why it was refused; empty where it was not.",
        "operation": RECORD,
    },
}
