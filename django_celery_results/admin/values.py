"""Stored values as the admin shows them: readable, escaped, secrets redacted, nothing ever unpickled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Action, policy
from django_celery_results.query import values as stored
from django_celery_results.query.members import members as member_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_celery_results.policy.viewer import Viewer

EMPTY = "-"
SHOW_UP_TO = 100_000
MEMBERS_SHOWN = 200
_READ = {
    "task_args": stored.args,
    "task_kwargs": stored.kwargs,
    "result": stored.result,
}


def payload(viewer: Viewer, task: TaskResult, column: str) -> SafeString | str:
    """A result or arguments."""
    value = _READ[column](viewer, task)
    if value is None:
        return EMPTY
    decoded = value.json()
    if decoded is None or isinstance(decoded, str):
        return preformatted(value.text(SHOW_UP_TO), value.byte_length > SHOW_UP_TO)
    return preformatted(json.dumps(decoded, indent=2, ensure_ascii=False))


def holds_secret(viewer: Viewer, task: TaskResult, column: str) -> bool:
    """Whether something in it is not shown, so that it cannot be edited either."""
    if column == "traceback":
        return policy().redact(task.traceback, task_name=task.task_name)[1]
    value = _READ[column](viewer, task)
    return value is not None and value.is_redacted


def meta(viewer: Viewer, task: TaskResult) -> SafeString | str:
    """Celery's children, and what the task itself attached."""
    decoded = stored.meta(viewer, task)
    return EMPTY if decoded is None else preformatted(json.dumps(decoded, indent=2, ensure_ascii=False))


def traceback(viewer: Viewer, task: TaskResult) -> SafeString | str:
    """With the secrets that its lines name hidden."""
    if not policy().may(viewer, Action.VIEW_TRACEBACK, task):
        return EMPTY
    shown = policy().redact(task.traceback, task_name=task.task_name)[0] if task.traceback else None
    return preformatted(str(shown)) if shown else EMPTY


def preformatted(text: str, is_cut: bool = False) -> SafeString:
    """Text with its line breaks, and a word where it goes on."""
    more = _("…and more") if is_cut or len(text) > SHOW_UP_TO else ""
    return format_html('<pre class="readonly">{}</pre><em>{}</em>', text[:SHOW_UP_TO], more)


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
        return format_html("<em>{}</em>", _("Not shown: this content cannot be read safely."))
    shown = ids[:MEMBERS_SHOWN]
    rows = policy().visible(TaskResult.objects.all(), viewer).filter(task_id__in=shown).only("id", "task_id", "status")
    known = {task.task_id: task for task in rows} if policy().may(viewer, Action.VIEW) else {}
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
