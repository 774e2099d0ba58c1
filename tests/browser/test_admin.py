"""The admin finds tasks, retries them after a preview, and terminates them, as an operator does it in a browser."""

import json
import re
from collections.abc import Callable

import pytest
from celery import states
from django.contrib.auth.models import Permission, User
from playwright.sync_api import expect

from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.browser.visits import Visit, serious_violations
from tests.factories import create_failed_task
from tests.tasks import sleep
from tests.workers import Worker, publishing_to, wait_for_state

pytestmark = pytest.mark.once

TASKS = "/admin/django_celery_results/taskresult/"


@pytest.fixture(autouse=True)
def favicon(visit: Visit) -> None:
    """Answer the request that browsers send by themselves; a Django project brings its own icon."""
    visit.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))


@pytest.fixture
def log_in(visit: Visit, viewer_with: Callable[..., Viewer]) -> Callable[..., None]:
    """Log the browser in as a member of staff who has exactly these permissions."""
    return lambda *permissions: visit.log_in(viewer_with(*permissions, name="staff", is_staff=True).user)


def listed_ids(visit: Visit) -> list[str]:
    return visit.page.locator("#result_list th.field-task_id").all_inner_texts()


def choose_action(visit: Visit, action: str, *task_ids: str) -> None:
    """Select these tasks in the list, and submit the action for them."""
    for task_id in task_ids:
        visit.page.get_by_role("row").filter(has_text=task_id).get_by_role("checkbox").check()
    visit.page.locator("select[name=action]").select_option(action)
    visit.page.get_by_role("button", name="Go", exact=True).click()


def test_task_list_is_paged_filtered_and_searched(visit: Visit) -> None:
    TaskResult.objects.bulk_create(
        TaskResult(task_id=f"id-{number:03}", task_name=f"shop.t{number % 2}", status=status)
        for number in range(120)
        for status in [states.FAILURE if number % 10 == 0 else states.SUCCESS]
    )
    page = visit.page
    page.goto(TASKS)
    first = listed_ids(visit)
    page.locator(".paginator").get_by_text("2", exact=True).click()
    page.wait_for_url("**p=2*")
    second = listed_ids(visit)
    assert (len(first), len(second), set(first) & set(second)) == (50, 50, set())

    page.locator("details[data-filter-title='Task State'] a", has_text="FAILURE").click()
    page.wait_for_url("**status__exact=FAILURE*")
    assert len(listed_ids(visit)) == 12
    page.locator("details[data-filter-title='Task Name'] summary").click()
    page.get_by_role("combobox", name="Task Name").fill("shop.t1")
    page.locator("details[data-filter-title='Task Name'] button").click()
    page.wait_for_url("**task_name__exact=shop.t1*")
    assert listed_ids(visit) == []  # every tenth is even

    page.goto(TASKS)
    page.locator("#searchbar").fill("id-007")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=id-007*")
    assert listed_ids(visit) == ["id-007"]


def test_retry_shows_a_redacted_preview_before_it_publishes(visit: Visit) -> None:
    create_failed_task("failed", {"order": 7, "password": "hunter2"})
    with publishing_to("memory://browser"):
        visit.page.goto(TASKS)
        choose_action(visit, "retry_selected", "failed")
        preview = visit.page.locator("#content table")
        expect(preview).to_contain_text("'order': 7")
        expect(preview).to_contain_text("[redacted]")
        assert "hunter2" not in visit.page.content()
        assert not Operation.objects.exists()

        visit.page.get_by_label("Reason").fill("deployed")
        visit.page.get_by_role("button", name="Run tasks again").click()
        expect(visit.page.locator(".messagelist .success")).to_have_text("1 task done.")

    retry = TaskResult.objects.get(retried_from="failed")
    assert Operation.objects.get(action="retry").reason == "deployed"
    visit.page.get_by_role("link", name="failed", exact=True).click()
    visit.page.get_by_role("link", name=f"{retry.task_id} (PENDING)").click()  # to the retry, and back
    visit.page.get_by_role("link", name="failed", exact=True).click()
    expect(visit.page).to_have_url(re.compile(rf"/{TaskResult.objects.get(task_id='failed').pk}/change/"))


def test_revoke_terminates_a_running_task(visit: Visit, revoking_worker: Worker) -> None:
    running = sleep.apply_async((600,), queue=revoking_worker.queue)
    wait_for_state(running.id, states.STARTED)
    visit.page.goto(TASKS)
    choose_action(visit, "revoke_selected", running.id)
    visit.page.get_by_label("Also end tasks that run already").check()
    visit.page.get_by_role("button", name="Revoke tasks").click()
    expect(visit.page.locator(".messagelist .success")).to_have_text("1 task done.")
    wait_for_state(running.id, states.REVOKED)
    visit.page.reload()
    expect(visit.page.get_by_role("row").filter(has_text=running.id)).to_contain_text("REVOKED")


def test_viewer_is_offered_no_action_and_no_payload(visit: Visit, log_in: Callable[..., None]) -> None:
    task = create_failed_task("failed", "private")
    TaskResult.objects.filter(pk=task.pk).update(task_args=json.dumps("('private',)"))
    log_in("view_taskresult")
    visit.page.goto(TASKS)
    assert listed_ids(visit) == ["failed"]
    assert visit.page.locator("select[name=action]").count() == 0
    visit.page.get_by_role("link", name="failed", exact=True).click()
    expect(visit.page.locator("#content")).to_contain_text("tests.tasks.fail_first")
    assert "private" not in visit.page.content()
    assert visit.page.get_by_role("button", name="Save").count() == 0


def test_permission_lost_after_the_preview_is_refused(visit: Visit, log_in: Callable[..., None]) -> None:
    create_failed_task("failed")
    log_in("view_taskresult", "retry_taskresult")
    visit.page.goto(TASKS)
    choose_action(visit, "retry_selected", "failed")
    confirm = visit.page.get_by_role("button", name="Run tasks again")
    confirm.wait_for()
    User.objects.get(username="staff").user_permissions.remove(Permission.objects.get(codename="retry_taskresult"))
    confirm.click()
    expect(visit.page.locator(".messagelist .error")).to_contain_text("django_celery_results.retry_taskresult")
    assert not TaskResult.objects.exclude(task_id="failed").exists()


def test_staff_without_permission_is_refused(visit: Visit, log_in: Callable[..., None]) -> None:
    log_in()
    visit.page.goto(TASKS)
    expect(visit.page.locator("body")).to_contain_text("403")
    assert len(visit.console_errors) == 1
    assert "403" in visit.console_errors.pop()


def test_pages_of_the_package_are_accessible(visit: Visit, axe: str) -> None:
    task = create_failed_task("failed", 7)
    visit.page.goto(TASKS)
    violations = serious_violations(visit.page, axe, "#changelist-filter")
    visit.page.goto(f"{TASKS}{task.pk}/change/")
    violations += serious_violations(visit.page, axe, "#content")
    visit.page.goto(TASKS)
    choose_action(visit, "retry_selected", "failed")
    visit.page.get_by_role("button", name="Run tasks again").wait_for()
    assert violations + serious_violations(visit.page, axe, "#content") == []
