"""The admin as an operator uses it: finding tasks, running them again after a look at what is sent, stopping them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import states
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import expect

from django_celery_results.models import Operation, TaskResult
from tests.browser.conftest import Visit
from tests.factories import create_failed_task
from tests.tasks import sleep
from tests.workers import Worker, publishing_to, wait_for_state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

TASKS = "/admin/django_celery_results/taskresult/"
DASHBOARD = Path(__file__).parents[2] / "examples" / "dashboard"


@pytest.fixture(autouse=True)
def icon(visit: Visit) -> None:
    """Browsers ask for one by themselves; a Django project brings its own."""
    visit.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))


def listed(visit: Visit) -> list[str]:
    return visit.page.locator("#result_list th.field-task_id").all_inner_texts()


def order(visit: Visit, action: str, *task_ids: str) -> None:
    """Tick these tasks and choose what to do to them."""
    for task_id in task_ids:
        visit.page.get_by_role("row").filter(has_text=task_id).get_by_role("checkbox").check()
    visit.page.locator("select[name=action]").select_option(action)
    visit.page.get_by_role("button", name="Go", exact=True).click()


def log_in(visit: Visit, client: Client, *codenames: str) -> None:
    """As a member of staff who has no permission but these."""
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    visit.page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": visit.origin}]
    )


def test_tasks_are_filtered_searched_and_paged(visit: Visit) -> None:
    TaskResult.objects.bulk_create(
        TaskResult(task_id=f"id-{number:03}", task_name=f"shop.t{number % 2}", status=status)
        for number in range(120)
        for status in [states.FAILURE if number % 10 == 0 else states.SUCCESS]
    )
    page = visit.page
    page.goto(visit.origin + TASKS)
    first = listed(visit)
    page.locator(".paginator").get_by_text("2", exact=True).click()
    page.wait_for_url("**p=2*")
    assert (len(first), len(listed(visit)), set(first) & set(listed(visit))) == (50, 50, set())

    page.locator("details[data-filter-title='Task State'] a", has_text="FAILURE").click()
    page.wait_for_url("**status__exact=FAILURE*")
    assert len(listed(visit)) == 12
    page.locator("details[data-filter-title='Task Name'] summary").click()
    page.get_by_role("combobox", name="Task Name").fill("shop.t1")
    page.locator("details[data-filter-title='Task Name'] button").click()
    page.wait_for_url("**task_name__exact=shop.t1*")
    assert listed(visit) == []  # every tenth is even

    page.goto(visit.origin + TASKS)
    page.locator("#searchbar").fill("id-007")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=id-007*")
    assert listed(visit) == ["id-007"]


def test_a_task_is_run_again_after_a_look_at_what_is_sent(visit: Visit) -> None:
    create_failed_task("failed", {"order": 7, "password": "hunter2"})
    with publishing_to("memory://browser"):
        visit.page.goto(visit.origin + TASKS)
        order(visit, "retry_selected", "failed")
        preview = visit.page.locator("#content table")
        expect(preview).to_contain_text("'order': 7")
        expect(preview).to_contain_text("[redacted]")
        assert "hunter2" not in visit.page.content()
        assert not Operation.objects.exists()

        visit.page.get_by_label("Reason").fill("deployed")
        visit.page.get_by_role("button", name="Run tasks again").click()
        expect(visit.page.locator(".messagelist .success")).to_have_text("1 task done.")

    again = TaskResult.objects.get(retried_from="failed")
    assert Operation.objects.get(action="retry").reason == "deployed"
    visit.page.get_by_role("link", name="failed", exact=True).click()
    visit.page.get_by_role("link", name=f"{again.task_id} (PENDING)").click()  # there, and back again
    visit.page.get_by_role("link", name="failed", exact=True).click()
    expect(visit.page).to_have_url(re.compile(rf"/{TaskResult.objects.get(task_id='failed').pk}/change/"))


def test_a_running_task_is_ended(visit: Visit, embedded_worker: Worker) -> None:
    running = sleep.apply_async((60,), queue=embedded_worker.queue)
    wait_for_state(running.id, states.STARTED)
    visit.page.goto(visit.origin + TASKS)
    order(visit, "revoke_selected", running.id)
    visit.page.get_by_label("Also end tasks that run already").check()
    visit.page.get_by_role("button", name="Revoke tasks").click()
    expect(visit.page.locator(".messagelist .success")).to_have_text("1 task done.")
    wait_for_state(running.id, states.REVOKED)
    visit.page.reload()
    expect(visit.page.get_by_role("row").filter(has_text=running.id)).to_contain_text("REVOKED")


def test_who_may_only_look_is_offered_nothing_else(visit: Visit, client: Client) -> None:
    task = create_failed_task("failed", "private")
    TaskResult.objects.filter(pk=task.pk).update(task_args=json.dumps("('private',)"))
    log_in(visit, client, "view_taskresult")
    visit.page.goto(visit.origin + TASKS)
    assert listed(visit) == ["failed"]
    assert visit.page.locator("select[name=action]").count() == 0
    visit.page.get_by_role("link", name="failed", exact=True).click()
    expect(visit.page.locator("#content")).to_contain_text("tests.tasks.fail_first")
    assert "private" not in visit.page.content()
    assert visit.page.get_by_role("button", name="Save").count() == 0


def test_who_lost_a_permission_meanwhile_is_told_and_nothing_is_sent(visit: Visit, client: Client) -> None:
    create_failed_task("failed")
    log_in(visit, client, "view_taskresult", "retry_taskresult")
    visit.page.goto(visit.origin + TASKS)
    order(visit, "retry_selected", "failed")
    User.objects.get(username="staff").user_permissions.remove(Permission.objects.get(codename="retry_taskresult"))
    visit.page.get_by_role("button", name="Run tasks again").click()
    expect(visit.page.locator(".messagelist .error")).to_contain_text("django_celery_results.retry_taskresult")
    assert not TaskResult.objects.exclude(task_id="failed").exists()


def test_who_may_not_look_is_refused(visit: Visit, client: Client) -> None:
    log_in(visit, client)
    visit.page.goto(visit.origin + TASKS)
    expect(visit.page.locator("body")).to_contain_text("403")
    assert len(visit.complaints) == 1
    assert "403" in visit.complaints.pop()


def test_what_we_add_to_the_admin_is_accessible(visit: Visit, npm: Callable[..., Path]) -> None:
    axe = (npm(DASHBOARD, "package*.json") / "node_modules" / "axe-core" / "axe.min.js").read_text()
    task = create_failed_task("failed", 7)
    visit.page.goto(visit.origin + TASKS)
    found = serious(visit, axe, "#changelist-filter")
    visit.page.goto(f"{visit.origin}{TASKS}{task.pk}/change/")
    found += serious(visit, axe, "#content")
    visit.page.goto(visit.origin + TASKS)
    order(visit, "retry_selected", "failed")
    assert found + serious(visit, axe, "#content") == []


def serious(visit: Visit, axe: str, where: str) -> list[str]:
    """The findings that keep somebody from using this part of the page."""
    visit.page.wait_for_selector(where)
    visit.page.evaluate(axe)
    found = visit.page.evaluate("async where => (await axe.run(where)).violations", where)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in ("serious", "critical")]
