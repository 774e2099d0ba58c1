"""Retry and revoke in the admin: a page that shows what would happen, and an order that says what did.

The changelist's own view may run inside a transaction (ATOMIC_REQUESTS), where no action is allowed: it only shows the
page, whose form posts to a view of ours that never does.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from django_celery_results.actions import bulk_work, guards, revoke
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.outcome import BulkItem, BulkOutcome, Preview
from django_celery_results.actions.retry import RetryScope, Wish, retry
from django_celery_results.actions.selection import MAX_TASKS, Selection
from django_celery_results.conf import settings
from django_celery_results.policy.access import Action
from django_celery_results.query.tasks import TaskRef
from django_celery_results.web_viewer import may, viewer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from django_celery_results.models import TaskResult
    from django_celery_results.policy.viewer import Viewer

PREVIEWS = 20
"""Messages that the page shows in full."""
_KEY_DIGITS = 18
_TERMINATION = revoke.Wish(terminate=True)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One task on the page."""

    item: BulkItem
    preview: Preview | None = None


class TaskActions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mix into an admin of task results; `retry_selected` and `revoke_selected` go into its `actions`."""

    @admin.action(description=_("Run selected tasks again…"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> HttpResponse:
        """Show what would be sent."""
        return self._ask(request, queryset, "retry", _("Run tasks again"))

    @admin.action(description=_("Revoke selected tasks…"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> HttpResponse:
        """Show what would be revoked."""
        return self._ask(request, queryset, "revoke", _("Revoke tasks"))

    @admin.action(description=_("Terminate selected tasks"), permissions=["terminate"])
    def terminate_task(self, request: HttpRequest, queryset: QuerySet[TaskResult]) -> None:
        """End the tasks without a page that asks.

        Where the list's view runs inside a transaction, workers are told once it is committed.
        """
        ids = tuple(queryset.values_list("pk", flat=True)[: MAX_TASKS + 1])
        terminate = partial(self._terminate, request, Selection(ids=ids))
        if guards.is_in_transaction():
            transaction.on_commit(terminate, using=guards.database())
        else:
            terminate()

    def has_terminate_permission(self, request: HttpRequest) -> bool:
        """Named by the action."""
        if settings().viewers_may_terminate:
            return self.has_view_permission(request)
        return all(may(request, action) for action in _TERMINATION.needs())

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Named by the action."""
        return may(request, Action.RETRY)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Named by the action."""
        return may(request, Action.REVOKE)

    def get_urls(self) -> list[URLPattern]:
        act = path("act/<str:verb>/", self.admin_site.admin_view(self.act_view), name="django_celery_results_act")
        return [act, *super().get_urls()]

    @method_decorator(transaction.non_atomic_requests)
    def act_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Carry out what the page asked about."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb not in ("retry", "revoke") or not self.has_view_permission(request):
            raise PermissionDenied
        ids = tuple(int(pk) for pk in request.POST.get("ids", "").split(",") if _is_key(pk))[:MAX_TASKS]
        options = BulkOptions(
            reason=request.POST.get("reason") or None, idempotency_key=request.POST.get("key") or str(uuid.uuid4())
        )
        self._report(request, _act(request, verb, Selection(ids=ids), options))
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:{changelist_name(self)}"))

    def _ask(self, request: HttpRequest, queryset: QuerySet[TaskResult], verb: str, title: Any) -> HttpResponse:
        ids = tuple(queryset.values_list("pk", flat=True)[: MAX_TASKS + 1])
        outcome = _act(request, verb, Selection(ids=ids), BulkOptions(dry_run=True))
        if outcome.refusals:
            self._report(request, outcome)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "verb": verb,
            "tasks": _shown(request, verb, outcome),
            "outcome": outcome,
            "ids": ",".join(map(str, ids)),
            "key": str(uuid.uuid4()),
            "may_terminate": may(request, Action.TERMINATE),
            "act_url": reverse(f"{self.admin_site.name}:django_celery_results_act", args=[verb]),
            "changelist_url": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/django_celery_results/act.html", context)

    def _terminate(self, request: HttpRequest, selection: Selection) -> None:
        viewer = viewer_of(request)
        if settings().viewers_may_terminate:
            viewer = _granted(viewer, _TERMINATION.needs())
        outcome = bulk_work.bulk_revoke(viewer, selection, _TERMINATION, BulkOptions())
        count = outcome.done_count
        text = ngettext("%d Task was terminated successfully.", "%d Tasks were terminated successfully.", count)
        self._report(request, outcome, text % count)

    def _report(self, request: HttpRequest, outcome: BulkOutcome, done: str | None = None) -> None:
        for refusal in outcome.refusals:
            self.message_user(request, refusal.message, messages.ERROR)
        if outcome.done_count:
            text = ngettext("%(count)d task done.", "%(count)d tasks done.", outcome.done_count)
            self.message_user(request, done or text % {"count": outcome.done_count}, messages.SUCCESS)
        for message in dict.fromkeys(item.refusal.message for item in outcome.items if item.refusal):
            self.message_user(request, message, messages.WARNING)
        if outcome.remaining_count:
            text = ngettext(
                "%(count)d task remains: select it again.",
                "%(count)d tasks remain: select them again.",
                outcome.remaining_count,
            )
            self.message_user(request, text % {"count": outcome.remaining_count}, messages.WARNING)


def _act(request: HttpRequest, verb: str, selection: Selection, options: BulkOptions) -> BulkOutcome:
    viewer = viewer_of(request)
    if verb == "revoke":
        stop = revoke.Wish(terminate=request.POST.get("terminate") == "on")
        return bulk_work.bulk_revoke(viewer, selection, stop, options)
    continues = request.POST.get("scope") == RetryScope.CONTINUE
    return bulk_work.bulk_retry(
        viewer, selection, Wish(scope=RetryScope.CONTINUE if continues else RetryScope.ALONE), options
    )


def _shown(request: HttpRequest, verb: str, outcome: BulkOutcome) -> list[Shown]:
    """The tasks; for a retry the first of them with the message that would be sent."""
    shown = [Shown(item=item) for item in outcome.items]
    if verb == "retry":
        shown[:PREVIEWS] = [_previewed(request, task.item) for task in shown[:PREVIEWS]]
    return shown


def _previewed(request: HttpRequest, item: BulkItem) -> Shown:
    if item.refusal:
        return Shown(item=item)
    outcome = retry(viewer_of(request), TaskRef(task_id=item.task_id), dry_run=True)
    # Looked at one by one, a task may be refused for what its message tells.
    return Shown(item=replace(item, refusal=next(iter(outcome.refusals), None)), preview=outcome.preview)


def _granted(viewer: Viewer, actions: Sequence[Action]) -> Viewer:
    """The viewer as if they had these permissions, which `VIEWERS_MAY_TERMINATE` gives to all; nobody else sees them.

    The policy is asked for each task all the same: what it forbids to those with the permission stays forbidden.
    """
    if not viewer.is_authenticated:  # this also loads the user: a copy of one that is not loaded would be the request's
        return viewer
    permissions = {action.permission for action in actions}
    user: Any = copy.copy(viewer.user)
    has_perm = user.has_perm
    user.has_perm = lambda permission, obj=None: permission in permissions or has_perm(permission, obj)
    return replace(viewer, user=user)


def _is_key(text: str) -> bool:
    """Whether it can be a primary key; databases take no larger ones."""
    return text.isdecimal() and len(text) <= _KEY_DIGITS


def changelist_name(of: admin.ModelAdmin[Any]) -> str:
    return f"{of.opts.app_label}_{of.opts.model_name}_changelist"
