"""Stored values as the admin shows them: readable, escaped, secrets redacted, nothing ever unpickled."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from . import codec
from .models import GroupResult, TaskResult
from .policy.access import policy
from .policy.redaction import HIDDEN, is_secret
from .saved_groups import member_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .policy.viewer import Viewer

EMPTY = "-"
SHOW_UP_TO = 100_000
MEMBERS_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A stored value, ready to be shown."""

    value: Any = None
    is_shown: bool = True
    is_redacted: bool = False


def look(task: TaskResult, column: str) -> Shown:
    """A payload column as this package reads it for display; secrets are replaced."""
    text = getattr(task, column)
    peeked = codec.peek(text, task.content_type, task.content_encoding)
    if column not in ("task_args", "task_kwargs"):
        return _redacted(task, peeked.value) if peeked.is_shown else Shown(is_shown=False)
    if peeked.is_shown:
        return _redacted(task, _from_repr(peeked.value))
    # The oldest rows hold the bare repr.
    is_text = task.content_encoding != codec.BINARY
    return _redacted(task, _from_repr(text)) if is_text else Shown(is_shown=False)


def _redacted(task: TaskResult, value: Any) -> Shown:
    try:
        redacted, hidden = policy().redact(value, task_name=task.task_name)
    except RecursionError:
        return Shown(is_shown=False)
    return Shown(value=redacted, is_redacted=hidden or value is HIDDEN)


def payload(task: TaskResult, column: str) -> SafeString | str:
    """Result, meta or an argument column."""
    if getattr(task, column) is None:
        return EMPTY
    shown = look(task, column)
    return preformatted(_as_text(shown.value)) if shown.is_shown else _not_shown()


def _not_shown() -> SafeString:
    return format_html("<em>{}</em>", _("Not shown: this content cannot be read safely."))


def preformatted(text: str) -> SafeString:
    """Text with its line breaks, and a word about what was cut."""
    if len(text) <= SHOW_UP_TO:
        return format_html('<pre class="readonly">{}</pre>', text)
    cut = _("%(count)d more characters") % {"count": len(text) - SHOW_UP_TO}
    return format_html('<pre class="readonly">{}</pre><em>{}</em>', text[:SHOW_UP_TO], cut)


def _from_repr(value: Any) -> Any:
    """Arguments are kept as the JSON of their `repr`, which may be cut in the middle."""
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return HIDDEN if is_secret(value) else value


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=repr)


def links_to_tasks(rows: Iterable[TaskResult]) -> SafeString | str:
    """One link per task, with its state."""
    return format_html_join(", ", "{}", [(link(task, f"{task.task_id} ({task.status})"),) for task in rows]) or EMPTY


def link_to_task(task_id: str | None, viewer: Viewer) -> SafeString | str:
    """The id, as a link where the viewer may know the row."""
    if not task_id:
        return EMPTY
    task = policy().visible(TaskResult.objects.all(), viewer).filter(task_id=task_id).first()
    return link(task, task_id) if task else task_id


def link_to_group(group_id: str | None, viewer: Viewer) -> SafeString | str:
    """The saved group, where there is one, and the list of its tasks."""
    if not group_id:
        return EMPTY
    group = policy().visible_groups(GroupResult.objects.all(), viewer).filter(group_id=group_id).first()
    tasks = link_to_list("group_id__exact", group_id, _("Tasks of this group"))
    return format_html("{} · {}", link(group, group_id) if group else group_id, tasks)


def retries_of(task: TaskResult, viewer: Viewer) -> SafeString | str:
    """What was run again from this task."""
    rows = policy().visible(TaskResult.objects.all(), viewer).filter(retried_from=task.task_id)
    return links_to_tasks(rows.only("id", "task_id", "status")[:MEMBERS_SHOWN])


def members(group: GroupResult, viewer: Viewer) -> SafeString | str:
    """The tasks of a saved group, in the order of the group."""
    ids = member_ids(group)
    if ids is None:
        return _not_shown()
    shown = ids[:MEMBERS_SHOWN]
    rows = policy().visible(TaskResult.objects.all(), viewer).filter(task_id__in=shown)
    known = {task.task_id: task for task in rows.only("id", "task_id", "status")}
    items = [(link(known[each], f"{each} ({known[each].status})") if each in known else each,) for each in shown]
    if len(ids) > MEMBERS_SHOWN:
        items.append((link_to_list("group_id__exact", group.group_id, _("All %(count)d tasks") % {"count": len(ids)}),))
    return format_html_join("", "<div>{}</div>", items) or EMPTY


def link(row: TaskResult | GroupResult, text: str) -> SafeString | str:
    """A link to a row's own page; plain text where a project took the model out of its admin."""
    try:
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return text
    return format_html('<a href="{}">{}</a>', url, text)


def link_to_list(lookup: str, value: str, text: str) -> SafeString | str:
    """A link to the tasks of one group, root or original."""
    try:
        url = reverse("admin:django_celery_results_taskresult_changelist", query={lookup: value})
    except NoReverseMatch:
        return text
    return format_html('<a href="{}">{}</a>', url, text)
