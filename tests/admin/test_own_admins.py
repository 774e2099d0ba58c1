"""Admins that projects derive from ours: what they list, search, filter and order shows and tells no secret."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import User
from django.db.models import F
from django.db.models.functions import Length
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from django_celery_results import admin
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy
from tests.factories import create_task
from tests.secret_tasks import login
from tests.tasks import echo

pytestmark = pytest.mark.django_db


class RedactsNothing(Policy):
    """A policy with rules of its own, which no database knows."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return value, False


@pytest.fixture(params=["root", "viewer"])
def request_of(request: pytest.FixtureRequest, viewer_with: Callable[..., Any]) -> Callable[..., HttpRequest]:
    """Return a maker of requests: by a superuser, and by who has exactly the permissions to read."""

    permissions = ("view_taskresult", "view_payload", "view_traceback")
    viewer = viewer_with(*permissions, is_staff=True)
    user = User.objects.create_superuser("root") if request.param == "root" else viewer.user

    def make(**query: str) -> HttpRequest:
        made = RequestFactory().get("/", query)
        made.user = user
        return made

    return make


@pytest.fixture
def rows(db: None) -> None:
    create_task("open", task_name=echo.name, result='{"note": "sesame"}', task_args="\"('sesame',)\"")
    create_task("secret", task_name=echo.name, result='{"pwd": "sesame"}', task_kwargs="\"{'otp': 'sesame'}\"")
    create_task("positional", task_name=login.name, task_args="\"('me', 'sesame')\"")
    create_task("unknown", task_name="proj.gone", task_args="\"('me', 'sesame')\"")
    create_task("trace", task_name="sesame", traceback="password='sesame'")


def admin_with(**options: Any) -> admin.TaskResultAdmin:
    """Return an admin of the project's own with these attributes."""
    derived = type("ProjectAdmin", (admin.TaskResultAdmin,), options)
    made: admin.TaskResultAdmin = derived(TaskResult, AdminSite())
    return made


def listed(made: admin.TaskResultAdmin, request: HttpRequest) -> list[str]:
    return [row.task_id for row in made.get_changelist_instance(request).result_list]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (("result",), {"open"}),
        (("task_args",), {"open"}),
        (("task_kwargs", "result__icontains"), {"open"}),
        (("^task_args", "task_args", "traceback"), {"open"}),
        (("task_name", "result"), {"open", "trace"}),
        (("task_name",), {"trace"}),
        (("traceback",), set()),
    ],
)
def test_search_never_matches_what_is_redacted(
    request_of: Callable[..., HttpRequest], fields: tuple[str, ...], found: set[str]
) -> None:
    assert set(listed(admin_with(search_fields=fields), request_of(q="sesame"))) == found
    assert set(listed(admin_with(search_fields=fields), request_of(q="sesam"))) == found
    assert listed(admin_with(search_fields=fields), request_of(q="hunter2")) == []


@pytest.mark.usefixtures("rows")
def test_search_requires_every_word_in_plain_columns_of_rows_with_secrets(
    request_of: Callable[..., HttpRequest],
) -> None:
    made = admin_with(search_fields=("task_id", "result"))
    assert listed(made, request_of(q="secret sesame")) == []
    assert listed(made, request_of(q="open sesame")) == ["open"]
    assert listed(made, request_of(q="secret")) == ["secret"]


@pytest.mark.usefixtures("rows")
def test_payloads_are_not_searched_where_a_policy_redacts_by_its_own_rules(
    request_of: Callable[..., HttpRequest],
) -> None:
    with override_settings(DJANGO_CELERY_RESULTS={"POLICY": f"{__name__}.RedactsNothing"}):
        assert listed(admin_with(search_fields=("task_name", "result")), request_of(q="sesame")) == ["trace"]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "options",
    [
        {"ordering": ("result",)},
        {"ordering": ("-task_args", "task_id")},
        {"ordering": (F("result").desc(), "task_id")},
        {"ordering": (Length("result"), "task_id")},
        {"list_display": ("task_id", "result"), "sortable_by": ("task_id", "result"), "order": "2"},
        {"list_display": ("task_id", "size"), "sortable_by": ("size",), "order": "-2"},
    ],
)
def test_lists_are_never_ordered_by_payloads(request_of: Callable[..., HttpRequest], options: dict[str, Any]) -> None:
    order = options.get("order")

    @django_admin.display(ordering="result")
    def size(self: Any, task: TaskResult) -> int:
        return 1

    made = admin_with(size=size, **{name: value for name, value in options.items() if name != "order"})
    request = request_of(o=order) if order else request_of()
    ordering = made.get_changelist_instance(request).get_ordering(request, TaskResult.objects.order_by())
    assert not {str(each).lstrip("-") for each in ordering} - {"task_id", "pk", "date_done"}


@pytest.mark.usefixtures("rows")
def test_columns_of_payloads_show_what_the_page_shows(request_of: Callable[..., HttpRequest]) -> None:
    made = admin_with(list_display=("task_id", "result", "task_args"), list_display_links=("result",))
    request = request_of()
    changelist = made.get_changelist_instance(request)
    assert changelist.list_display[-2:] == ["shown_result", "shown_args"]
    assert changelist.list_display_links == ["shown_result"]
    shown = {row.task_id: f"{made.shown_result(row)}{made.shown_args(row)}" for row in changelist.result_list}
    assert "sesame" in shown["open"]
    assert "[redacted]" in shown["secret"]
    assert "sesame" not in shown["secret"] + shown["positional"]


def test_filters_never_list_the_values_of_payloads(request_of: Callable[..., HttpRequest]) -> None:
    filters = ("status", "result", ("task_args", django_admin.AllValuesFieldListFilter), admin.listing.StateFilter)
    made = admin_with(list_filter=filters)
    assert made.get_list_filter(request_of()) == ["status", admin.listing.StateFilter]
