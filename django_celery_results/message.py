"""The message record: what a task was sent with, kept so that a retry can send exactly that again.

The backend asks `change_for` on every state it stores; how a record looks inside is `message_codec`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from celery import Celery, current_app, current_task
from celery.utils.saferepr import saferepr
from django.db import connections
from django.utils import timezone

from .codec import stored_id
from .conf import settings
from .facts import RETRY_HEADER, header
from .message_codec import Message, MessageUnavailable, encode, serializer_of
from .models import TaskMessage
from .states import GENERATION_HEADER, READY, TaskState

logger = logging.getLogger(__name__)

HIDDEN_HEADER = "dcr_hidden"
"""Whether the sender gave representations of its own, as people do to hide secrets; set when publishing."""
QUEUED_HEADER = "dcr_queued"
"""Whether the publisher keeps the record while the task waits; then somebody must delete it."""

LEFT_OUT = "left_out"
"""Option of a record: which of Celery's `callbacks`, `errbacks`, `chain` and `chord` were not kept."""

_SERIALIZER = "dcr_serializer"
_EMBEDDED = ("callbacks", "errbacks", "chain", "chord")
_OPTIONS = (
    "root_id", "parent_id", "group", "group_index", "shadow", "expires", "timelimit", "replaced_task_nesting",
    "argsrepr", "kwargsrepr", "stamped_headers", "stamps", "compression",
)  # fmt: skip
_DELIVERY = ("exchange", "routing_key", "priority")
_TUPLES_AS_LISTS = str.maketrans("()", "[]")
_KEPT_STATES = (TaskState.RETRY, TaskState.FAILURE, TaskState.REVOKED)


class Change(Protocol):
    """What a state write means for the record; `apply` runs in that write's transaction, and only if it was taken."""

    def apply(self, using: str) -> None: ...


@dataclass(frozen=True)
class Keep:
    """Store this record, in place of an earlier one."""

    record: TaskMessage

    def apply(self, using: str) -> None:
        store([self.record], using=using)

    def without_body(self) -> Keep:
        """The record that is left of one which the database refuses as too large."""
        reason = f"the database refuses a message of {len(self.record.body or '')} characters"
        task_id, task_name, created = self.record.task_id, self.record.task_name, self.record.date_created
        return Keep(TaskMessage(task_id=task_id, task_name=task_name, reason=reason, date_created=created))


@dataclass(frozen=True)
class Discard:
    """The task succeeded: nothing is left to send again."""

    task_id: str

    def apply(self, using: str) -> None:
        TaskMessage.objects.using(using).filter(task_id=self.task_id).delete()


def store(records: Sequence[TaskMessage], *, using: str) -> None:
    """Store these records, each in place of an earlier one of its task."""
    columns = ["task_name", "serializer", "body", "options", "reason", "is_encrypted", "date_created"]
    # MySQL and MariaDB conflict on any unique key and refuse to have one named.
    unique = ["task_id"] if connections[using].features.supports_update_conflicts_with_target else None
    TaskMessage.objects.using(using).bulk_create(
        records, update_conflicts=True, update_fields=columns, unique_fields=unique
    )


def change_for(
    *, app: Celery, task_id: str, status: str, request: Any, attempt: int | None, has_failed: bool = False
) -> Change | None:
    """What to do to the record when this run stores this state; None, and no cost, where there is nothing to do.

    `has_failed`: the run itself may have stored a state before with which a record is kept.
    """
    if attempt is None or not getattr(request, "task", None):
        return None
    try:
        return _change(app, stored_id(task_id), status, request, attempt, has_failed)
    except Exception:
        logger.exception("The message of task %s is not kept", task_id)  # its state is to be stored all the same
        return None


def _change(app: Celery, task_id: str, status: str, request: Any, attempt: int, has_failed: bool) -> Change | None:
    # A retry wrote a record before it was sent, whatever the setting, and so did whoever tracks queued tasks.
    headers = getattr(request, "headers", None) or {}
    has_one = has_failed or RETRY_HEADER in headers or QUEUED_HEADER in headers
    chosen = settings().store_messages
    if status not in _KEPT_STATES and chosen not in ("started", "always"):  # of nearly all tasks
        return Discard(task_id) if status == TaskState.SUCCESS and (attempt > 0 or has_one) else None
    if status == TaskState.SUCCESS and chosen == "started":
        return Discard(task_id)
    if _is_kept(app, mode_of(app), status, request):
        return Keep(_record(app, task_id, request))
    return Discard(task_id) if has_one and status in READY else None


def of_queued(app: Celery, request: Any) -> Keep | None:
    """The record of a task that was published and now waits, where `mark` said that it is kept."""
    if not (request.headers or {}).get(QUEUED_HEADER):
        return None
    try:
        return Keep(_record(app, stored_id(request.id), request))
    except Exception:
        logger.exception("The message of task %s is not kept", request.id)  # it is on its way all the same
        return None


def mode_of(app: Celery) -> str:
    """When records are kept: as the setting says, else only where argument representations are stored as well."""
    return settings().store_messages or ("failed" if app.conf.result_extended else "never")


def _is_kept(app: Celery, mode: str, status: str, request: Any) -> bool:
    if not _may_keep(app, mode, request.task):
        return False
    task = app.tasks.get(request.task)
    if status not in _KEPT_STATES and not (status == TaskState.STARTED and mode != "failed"):
        # With "always", a success writes the record itself where no STARTED was to be stored before it.
        tracked = getattr(task, "track_started", False) or app.conf.task_track_started
        if status != TaskState.SUCCESS or tracked:
            return False
    return _insists(app, request.task) or not hides_arguments(app, request)


def _may_keep(app: Celery, mode: str, task_name: str) -> bool:
    """A task has a word of its own, `store_message`: True, False, or None for the default."""
    return mode != "never" and getattr(app.tasks.get(task_name), "store_message", None) is not False


def _insists(app: Celery, task_name: str) -> bool:
    return bool(getattr(app.tasks.get(task_name), "store_message", None))


def hides_arguments(app: Celery, request: Any) -> bool:
    """Whether the sender replaced Celery's representations of the arguments; in doubt, yes."""
    marked = (request.headers or {}).get(HIDDEN_HEADER)
    if isinstance(marked, bool):
        return marked
    given = (getattr(request, "argsrepr", None), getattr(request, "kwargsrepr", None))
    if given == (None, None):  # protocol 1 and eager tasks carry none
        return False
    made = _representations(app, list(request.args or ()), request.kwargs or {})
    return tuple(map(_plain, given)) != tuple(map(_plain, made))


def hides_signature(app: Celery, value: Any) -> bool:
    """Return whether a signature anywhere in the value is of a task whose arguments are not to be kept.

    Callbacks, errbacks, links of a chain and bodies of chords travel in the messages of other tasks. They are judged as
    their own messages would be: by the task's `store_message`, and by whether the sender gave an `argsrepr`.
    """
    if isinstance(value, Mapping):
        name = value.get("task")
        if isinstance(name, str) and "args" in value:
            options = value.get("options") or {}
            is_replaced = options.get("argsrepr") is not None or options.get("kwargsrepr") is not None
            own = getattr(app.tasks.get(name), "store_message", None)
            if own is False or (is_replaced and not own):
                return True
        return any(hides_signature(app, inner) for inner in value.values())
    return isinstance(value, list | tuple) and any(hides_signature(app, inner) for inner in value)


def mark(sender: Any = None, body: Any = None, headers: Any = None, **_: Any) -> None:
    """Receiver of `before_task_publish`: headers say whether arguments are hidden, and whether they are kept now."""
    from_protocol_2 = isinstance(body, tuple | list) and len(body) == 3
    mode = mode_of(current_app)
    if not from_protocol_2 or headers is None or mode == "never":
        return
    if headers.get(HIDDEN_HEADER) is not True:
        made = _representations(current_app, body[0], body[1])
        headers[HIDDEN_HEADER] = (headers.get("argsrepr"), headers.get("kwargsrepr")) != made
    name = str(headers.get("task"))
    is_shown = not headers[HIDDEN_HEADER] or _insists(current_app, name)
    if settings().track_queued and is_shown and _may_keep(current_app, mode, name):
        headers[QUEUED_HEADER] = True


def carry_generation(body: Any = None, headers: Any = None, **_: Any) -> None:
    """Receiver of `before_task_publish`: a task that replaces itself gives its generation along with its id.

    Celery copies headers when it retries a task, and not when it replaces one. States of a replacement without the
    header would count as those of an older run, and its failure would be refused.
    """
    request: Any = getattr(current_task, "request", None)
    generation = header(request, GENERATION_HEADER) if request else None
    if generation and headers is not None:
        if headers.get("id") == request.id:
            headers.setdefault(GENERATION_HEADER, generation)
        _add_generation(body, request.id, generation)


def keep_generation(signature: Any) -> None:
    """Do the same for a signature that is stored, such as the body of a chord."""
    carry_generation(signature, {})


def _add_generation(value: Any, task_id: str, generation: Any) -> None:
    """The id of a task that is replaced by a chain or a chord goes to the last link, or to the body."""
    if isinstance(value, Mapping):
        options = value.get("options")
        if isinstance(options, dict) and "task" in value and options.get("task_id") == task_id:
            options["headers"] = {GENERATION_HEADER: generation, **(options.get("headers") or {})}
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            _add_generation(inner, task_id, generation)


def _representations(app: Celery, args: Any, kwargs: Any) -> tuple[str, str]:
    levels = app.conf.get("task_repr_maxlevels") or 3  # newer Celery has the setting; 3 is what older ones do
    return (
        saferepr(args, app.amqp.argsrepr_maxsize, maxlevels=levels),
        saferepr(kwargs, app.amqp.kwargsrepr_maxsize, maxlevels=levels),
    )


def _plain(text: Any) -> str:
    """A worker makes `[1]` where the publisher wrote `(1,)`."""
    return str(text).translate(_TUPLES_AS_LISTS).replace(",]", "]")


def _record(app: Celery, task_id: str, request: Any) -> TaskMessage:
    embedded = {key: getattr(request, key, None) for key in _EMBEDDED}
    left_out = [key for key, signatures in embedded.items() if hides_signature(app, signatures)]
    message = Message(
        task_name=request.task,
        serializer="",
        args=request.args or (),
        kwargs=dict(request.kwargs or {}),
        embedded={key: value for key, value in embedded.items() if key not in left_out},
        options=_options(request) | ({LEFT_OUT: left_out} if left_out else {}),
    )
    try:
        return encode(app, task_id, message, own_serializer=_own_serializer(request))
    except MessageUnavailable as error:
        name, reason = (
            text.encode(errors="replace").decode().replace("\0", "?")[:255]
            for text in (message.task_name, error.message)
        )
        return TaskMessage(task_id=task_id, task_name=name, reason=reason, date_created=timezone.now())


def note_serializer(request: Any = None, **_: Any) -> None:
    """Receiver of `task_received`: most brokers tell the process that runs a task nothing of its content type."""
    own = serializer_of(request.content_type)
    if own and own != getattr(request.task, "serializer", None):
        request.request_dict[_SERIALIZER] = own


def _own_serializer(request: Any) -> str | None:
    """The one that the sender chose, where that is known; None: that of the task."""
    properties = getattr(request, "properties", None) or {}
    own: str | None = getattr(request, _SERIALIZER, None)
    return own or serializer_of(properties.get("content_type"))  # left in the properties by AMQP only


def _options(request: Any) -> dict[str, Any]:
    options = {key: value for key in _OPTIONS if (value := getattr(request, key, None)) not in (None, "", [], {})}
    delivery = request.delivery_info or {}
    options["delivery"] = {key: delivery[key] for key in _DELIVERY if delivery.get(key) is not None}
    options["headers"] = request.headers or {}
    return options


def discard(task_ids: Iterable[str], *, using: str) -> int:
    """Delete the records of these tasks, as their rows go."""
    return TaskMessage.objects.using(using).filter(task_id__in=list(task_ids)).delete()[0]
