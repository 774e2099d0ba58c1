"""The tables: results as Celery's users know them, chords, the records that retries send again, and operations.

`TaskResult`, `GroupResult` and `ChordCounter` keep the columns of the 2.x package; ours beside them are nullable.
"""

from __future__ import annotations

import json
from typing import Any

from celery import Celery, current_app, states
from celery.result import GroupResult as CeleryGroupResult
from celery.result import result_from_tuple
from django.db import models, router, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from . import managers
from .fields import ExactCharField, task_id_max_length

ALL_STATES = sorted(states.ALL_STATES)
TASK_STATE_CHOICES = sorted(zip(ALL_STATES, ALL_STATES, strict=True))
"""Both are names of the 2.x package, which projects import."""


class TaskResult(models.Model):
    """What is known about one task: one row per Celery task id."""

    task_id = models.CharField(
        _("Task ID"), max_length=task_id_max_length(), unique=True, help_text=_("Celery's ID of the task")
    )
    periodic_task_name = models.CharField(
        _("Periodic Task Name"), max_length=255, null=True, help_text=_("Name of the periodic task that sent it")
    )
    task_name = models.CharField(
        _("Task Name"), max_length=task_id_max_length(), null=True, help_text=_("Registered name of the task")
    )
    task_args = models.TextField(
        _("Task Positional Arguments"), null=True, help_text=_("JSON of the arguments' representation")
    )
    task_kwargs = models.TextField(
        _("Task Named Arguments"), null=True, help_text=_("JSON of the named arguments' representation")
    )
    status = models.CharField(
        _("Task State"), max_length=50, default=states.PENDING, help_text=_("State that was stored last")
    )
    worker = models.CharField(
        _("Worker"), max_length=100, null=True, default=None, help_text=_("Node name of the worker that ran it")
    )
    content_type = models.CharField(_("Result Content Type"), max_length=128, help_text=_("MIME type of the result"))
    content_encoding = models.CharField(_("Result Encoding"), max_length=64, help_text=_("Encoding of the result"))
    result = models.TextField(
        _("Result Data"),
        null=True,
        default=None,
        editable=False,
        help_text=_("Return value or exception, encoded as content type and encoding say"),
    )
    date_created = models.DateTimeField(
        _("Created DateTime"), auto_now_add=True, help_text=_("When the row was created, in UTC")
    )
    date_started = models.DateTimeField(
        _("Started DateTime"), null=True, default=None, help_text=_("When a worker started the task, in UTC")
    )
    date_done = models.DateTimeField(
        _("Completed DateTime"), auto_now=True, help_text=_("Means something in a final state only")
    )
    traceback = models.TextField(_("Traceback"), blank=True, null=True, help_text=_("Traceback of the exception"))
    meta = models.TextField(
        _("Task Meta Information"),
        null=True,
        default=None,
        editable=False,
        help_text=_("Children of the task and more, as JSON"),
    )

    attempt = models.BigIntegerField(_("Attempt"), null=True, editable=False)
    queue = models.CharField(_("Queue"), max_length=255, null=True, editable=False)
    priority = models.IntegerField(_("Priority"), null=True, editable=False)
    retries = models.IntegerField(_("Retries"), null=True, editable=False)
    eta = models.DateTimeField(_("ETA"), null=True, editable=False)
    root_id = models.CharField(_("Root Task ID"), max_length=task_id_max_length(), null=True, editable=False)
    parent_id = models.CharField(_("Parent Task ID"), max_length=task_id_max_length(), null=True, editable=False)
    group_id = models.CharField(_("Group ID"), max_length=task_id_max_length(), null=True, editable=False)
    retried_from = models.CharField(_("Retried From"), max_length=task_id_max_length(), null=True, editable=False)
    error_type = models.CharField(_("Error Type"), max_length=255, null=True, editable=False)
    error_fingerprint = models.CharField(_("Error Fingerprint"), max_length=64, null=True, editable=False)

    objects = managers.TaskResultManager()

    class Meta:
        ordering = ["-date_done"]
        verbose_name = _("task result")
        verbose_name_plural = _("task results")
        permissions = [
            ("retry_taskresult", "Can run task results again"),
            ("override_taskresult", "Can change what a task is run again with"),
            ("revoke_taskresult", "Can revoke tasks"),
            ("terminate_taskresult", "Can terminate running tasks"),
            ("kill_taskresult", "Can kill running tasks with SIGKILL"),
            ("view_payload", "Can view arguments and results"),
            ("view_traceback", "Can view tracebacks"),
        ]
        # Explicit names, since the oldest of these tables were made with them.
        indexes = [
            models.Index(fields=["task_name"], name="django_cele_task_na_08aec9_idx"),
            models.Index(fields=["status"], name="django_cele_status_9b6201_idx"),
            models.Index(fields=["worker"], name="django_cele_worker_d54dd8_idx"),
            models.Index(fields=["date_created"], name="django_cele_date_cr_f04a50_idx"),
            models.Index(fields=["date_done", "id"], name="dcr_task_done_idx"),
            models.Index(fields=["periodic_task_name"], name="django_cele_periodi_1993cf_idx"),
            models.Index(fields=["status", "date_created", "id"], name="dcr_task_status_created_idx"),
            models.Index(fields=["root_id"], name="dcr_task_root_idx"),
            models.Index(fields=["parent_id"], name="dcr_task_parent_idx"),
            models.Index(fields=["group_id"], name="dcr_task_group_idx"),
            models.Index(fields=["retried_from"], name="dcr_task_retried_from_idx"),
        ]

    def __str__(self) -> str:
        return f"<Task: {self.task_id} ({self.status})>"

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """The record of the task's message goes with the row, and after it: states are stored in that order, too."""
        alias = using or router.db_for_write(type(self), instance=self)
        task_id = self.task_id  # it may be deferred, and cannot be loaded once the row is gone
        with transaction.atomic(using=alias):
            deleted = super().delete(using=using, keep_parents=keep_parents)
            TaskMessage.objects.using(alias).filter(pk=task_id).delete()
        return deleted

    def as_dict(self) -> dict[str, Any]:
        """The columns of the 2.x package, as its users serialise them."""
        return {
            "task_id": self.task_id,
            "task_name": self.task_name,
            "task_args": self.task_args,
            "task_kwargs": self.task_kwargs,
            "status": self.status,
            "result": self.result,
            "date_done": self.date_done,
            "traceback": self.traceback,
            "meta": self.meta,
            "worker": self.worker,
        }


class GroupResult(models.Model):
    """A saved group: its result column holds the tuple of its members' results."""

    group_id = models.CharField(
        _("Group ID"), max_length=task_id_max_length(), unique=True, help_text=_("Celery's ID of the group")
    )
    date_created = models.DateTimeField(
        _("Created DateTime"), auto_now_add=True, help_text=_("When the row was created, in UTC")
    )
    date_done = models.DateTimeField(
        _("Completed DateTime"), auto_now=True, help_text=_("When the group was last stored, in UTC")
    )
    content_type = models.CharField(_("Result Content Type"), max_length=128, help_text=_("MIME type of the result"))
    content_encoding = models.CharField(_("Result Encoding"), max_length=64, help_text=_("Encoding of the result"))
    result = models.TextField(
        _("Result Data"), null=True, default=None, editable=False, help_text=_("Celery's result tuple of the group")
    )

    objects = managers.GroupResultManager()

    class Meta:
        ordering = ["-date_done"]
        verbose_name = _("group result")
        verbose_name_plural = _("group results")
        indexes = [
            models.Index(fields=["date_created"], name="django_cele_date_cr_bd6c1d_idx"),
            models.Index(fields=["date_done"], name="django_cele_date_do_caae0e_idx"),
        ]

    def __str__(self) -> str:
        return f"<Group: {self.group_id}>"

    def as_dict(self) -> dict[str, Any]:
        """The columns of the 2.x package, as its users serialise them."""
        return {"group_id": self.group_id, "result": self.result, "date_done": self.date_done}


class ChordCounter(models.Model):
    """A chord started by the 2.x package: our workers complete it, and start new ones so where a setting asks."""

    group_id = models.CharField(
        _("Group ID"), max_length=task_id_max_length(), unique=True, help_text=_("Celery's ID of the group")
    )
    sub_tasks = models.TextField(help_text="JSON list of the result tuples of the header")
    count = models.PositiveIntegerField(help_text="Members that have not finished yet")
    date_created = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"<ChordCounter: {self.group_id} ({self.count})>"

    def group_result(self, app: Celery | None = None) -> CeleryGroupResult:
        """Celery's group result over the header's tasks."""
        app = app or current_app._get_current_object()  # type: ignore[attr-defined]
        members = [result_from_tuple(member, app=app) for member in json.loads(self.sub_tasks)]
        return CeleryGroupResult(self.group_id, members, app=app)


class ChordState(models.TextChoices):
    """Where a chord stands. HEALING: a failed member was reopened, so the body waits for every part to succeed."""

    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    HEALING = "healing", _("healing")


UNFINISHED_CHORDS = (ChordState.OPEN, ChordState.CLAIMED, ChordState.HEALING)
"""Their bodies are still to be sent."""


class Chord(models.Model):
    """A chord that counts its members by rows of their own, so that none can count twice."""

    group_id = ExactCharField(primary_key=True, max_length=task_id_max_length())
    size = models.PositiveIntegerField(null=True, help_text="Members; unknown until the last one is published")
    header = models.TextField(null=True, help_text="JSON of the header's result tuple, where it holds groups")
    body = models.TextField(null=True, help_text="Signature: content type, encoding, text, a line each; or encrypted")
    body_task_id = ExactCharField(max_length=task_id_max_length(), null=True)
    state = models.CharField(max_length=16, default=ChordState.OPEN, choices=ChordState.choices)
    claim = models.CharField(max_length=36, null=True, help_text="Token of the process that sends the body")
    claimed_at = models.DateTimeField(null=True)
    date_created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("chord")
        verbose_name_plural = _("chords")
        indexes = [models.Index(fields=["state", "date_created"], name="dcr_chord_state_created_idx")]

    def __str__(self) -> str:
        return f"<Chord: {self.group_id} ({self.state})>"


class ChordPart(models.Model):
    """What one member of a chord contributed."""

    pk = models.CompositePrimaryKey("group_id", "index", "task_id")
    group_id = ExactCharField(max_length=task_id_max_length())
    task_id = ExactCharField(max_length=task_id_max_length())
    index = models.IntegerField(help_text="Place in the header; below 0 what chord_rows says")
    state = models.CharField(max_length=50, help_text="The member's, or the name of what the index says")
    result = models.TextField(null=True, help_text="Value: content type, encoding, text, a line each")
    date_created = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("chord part")
        verbose_name_plural = _("chord parts")

    def __str__(self) -> str:
        return f"<ChordPart: {self.group_id} {self.task_id} ({self.state})>"


class TaskMessage(models.Model):
    """The message record of a task: body and options as Celery sent them, enough to send them again."""

    task_id = ExactCharField(primary_key=True, max_length=task_id_max_length())
    task_name = models.CharField(max_length=255)
    serializer = models.CharField(max_length=64, null=True, help_text="kombu's name; null where nothing is kept")
    body = models.TextField(null=True, help_text="Text, or base64 where the serializer makes bytes")
    options = models.TextField(default="{}", help_text="JSON of the options it was sent with")
    reason = models.CharField(max_length=255, null=True, help_text="Why no body is kept")
    is_encrypted = models.BooleanField(default=False, db_default=False)
    date_created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("task message")
        verbose_name_plural = _("task messages")
        default_permissions = ()

    def __str__(self) -> str:
        return f"<TaskMessage: {self.task_id}>"


class OperationState(models.TextChoices):
    """CLAIMED: begun, and carried on by others once its lease is over."""

    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


class Operation(models.Model):
    """Who did what to which task, and why: audit, idempotency key and claim in one row."""

    id = models.BigAutoField(primary_key=True)
    action = models.CharField(_("Action"), max_length=32)
    state = models.CharField(_("State"), max_length=16, default=OperationState.CLAIMED, choices=OperationState.choices)
    # Text instead of a foreign key: the users may live in another database, or django.contrib.auth be absent.
    actor_id = models.CharField(max_length=255, null=True, help_text=_("Primary key of the user; null: the system"))
    actor_name = models.CharField(_("Actor"), max_length=255, blank=True, default="")
    remote_address = models.CharField(_("Remote Address"), max_length=64, null=True)
    reason = models.TextField(_("Reason"), null=True)
    task_id = ExactCharField(_("Task ID"), max_length=task_id_max_length(), null=True)
    new_task_id = ExactCharField(_("New Task ID"), max_length=task_id_max_length(), null=True)
    task_name = models.CharField(_("Task Name"), max_length=255, null=True)
    bulk = models.ForeignKey("self", models.CASCADE, null=True, related_name="items")
    input = models.TextField(_("Input"), default="{}", help_text=_("JSON, secrets redacted"))
    outcome = models.TextField(_("Outcome"), default="{}", help_text=_("JSON, secrets redacted"))
    undo = models.TextField(null=True, editable=False, help_text="JSON of what un-claiming restores; null when closed")
    error_code = models.CharField(_("Error Code"), max_length=32, null=True)
    idempotency_key = ExactCharField(max_length=64, null=True, unique=True, help_text="Digest of actor and key")
    open_claim = ExactCharField(max_length=64, null=True, unique=True, help_text="Digest of action and task")
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(_("Started At"), auto_now_add=True)
    finished_at = models.DateTimeField(_("Finished At"), null=True)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["task_id"], name="dcr_operation_task_idx"),
            models.Index(fields=["started_at", "id"], name="dcr_operation_started_idx"),
            models.Index(fields=["state", "lease_until"], name="dcr_operation_lease_idx"),
        ]

    def __str__(self) -> str:
        return f"<Operation: {self.action} {self.task_id or ''} ({self.state})>"
