"""Actions in the dashboard run on a real worker: retry, revoke, delete, each for one task or in bulk."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from celery import chord
from playwright.sync_api import Page, Route, expect

from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.browser.visits import Visit, wait_until
from tests.factories import create_failed_task, create_group, create_task
from tests.tasks import add, echo, sleep
from tests.workers import Worker, wait_for_state

pytestmark = pytest.mark.once

DIALOG = "dialog[open]"


def failed_addition(embedded_worker: Worker) -> str:
    """Run a task that fails because its arguments cannot be added; return its id."""
    task_id = add.apply_async((1, "x"), queue=embedded_worker.queue).id
    wait_for_state(task_id, "FAILURE")
    return str(task_id)


def test_retry_with_edited_arguments_is_previewed_and_run(dashboard: Page, embedded_worker: Worker) -> None:
    dashboard.goto(f"/tasks/{failed_addition(embedded_worker)}")
    expect(dashboard.get_by_role("heading", name="TypeError")).to_be_visible()
    dashboard.keyboard.press("r")
    dialog = dashboard.locator(DIALOG)
    expect(dialog.get_by_label("Preview")).to_contain_text("tests.tasks.add")
    dialog.get_by_role("button", name="Edit the arguments").click()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[1, 2")
    expect(dialog.get_by_role("alert")).to_contain_text("not JSON")
    expect(dialog.get_by_role("button", name="Retry")).to_be_disabled()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[1, 2]")
    dialog.get_by_label("Reason").fill("typed wrongly")
    dialog.get_by_role("button", name="Retry").click()
    expect(dashboard.get_by_label("Result", exact=True)).to_contain_text("3")
    expect(dashboard.get_by_text("repeats")).to_be_visible()
    dashboard.get_by_role("link", name="Operations", exact=True).click()
    dashboard.get_by_text("Retry", exact=True).click()
    expect(dashboard.get_by_text("Reason: typed wrongly")).to_be_visible()


def test_retry_of_a_failed_member_completes_its_chord(dashboard: Page, embedded_worker: Worker) -> None:
    header = [add.s(1, 2).set(queue=embedded_worker.queue), add.s(1, "x").set(queue=embedded_worker.queue)]
    body = chord(header)(echo.s().set(queue=embedded_worker.queue))
    failed = wait_for_state(body.parent[1].id, "FAILURE")
    dashboard.goto(f"/tasks/{failed.task_id}")
    expect(dashboard.get_by_text("a member failed, so its body was not run")).to_be_visible()
    dashboard.get_by_role("button", name="Retry").click()
    dialog = dashboard.locator(DIALOG)
    dialog.get_by_label("Continue").check()
    dialog.get_by_role("button", name="Edit the arguments").click()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[3, 4]")
    expect(dialog.get_by_label("Preview")).to_contain_text("under its own id")
    dialog.get_by_role("button", name="Retry").click()
    expect(dashboard.get_by_text("2 of 2 returned; its body was sent")).to_be_visible()
    assert wait_for_state(body.id, "SUCCESS").result == '{"args": [[3, 7]], "kwargs": {}}'


def test_revoke_shows_which_workers_acknowledged(dashboard: Page, revoking_worker: Worker) -> None:
    create_task("waiting", status="PENDING", task_name="tests.tasks.add")
    dashboard.goto("/tasks/waiting")
    dashboard.get_by_role("button", name="Revoke").click()
    dialog = dashboard.locator(DIALOG)
    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog).to_contain_text(f"{revoking_worker.hostname} acknowledged")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dashboard.get_by_role("heading", level=1).locator("..")).to_contain_text("REVOKED")


def test_bulk_retry_is_one_operation_of_several_requests(dashboard: Page, embedded_worker: Worker) -> None:
    for number in range(60):
        create_failed_task(f"t{number}")
    create_failed_task("unknown", task_name="shop.no_longer_there")
    dashboard.goto("/?state=FAILURE")
    dashboard.get_by_role("button", name="Retry failed").click()
    dialog = dashboard.locator(DIALOG)
    expect(dialog).to_contain_text("61 failed or revoked tasks match")
    assert not Operation.objects.exists()
    dialog.get_by_role("button", name="Retry 61").click()
    expect(dialog).to_contain_text("60 retried, 1 skipped, 0 to go")
    expect(dialog.get_by_label("Outcome of each task")).to_contain_text("no task named 'shop.no_longer_there'")
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 60
    dialog.get_by_role("button", name="Close").last.click()
    dashboard.get_by_role("link", name="Operations", exact=True).click()
    expect(dashboard.locator("summary")).to_contain_text(["60 of 61 tasks, 1 skipped"])


def hold_first_request(page: Page, operation: str) -> list[Route]:
    """Hold the next request of a GraphQL operation; the list has it once the page has sent it."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if not held and operation in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/graphql/", hold)
    return held


def test_paused_bulk_retry_can_be_continued(dashboard: Page, embedded_worker: Worker) -> None:
    for number in range(60):
        create_failed_task(f"t{number}")
    dashboard.goto("/")
    dashboard.get_by_role("button", name="Retry failed").click()
    dialog = dashboard.locator(DIALOG)
    expect(dialog.get_by_role("button", name="Retry 60")).to_be_enabled()
    held = hold_first_request(dashboard, "mutation RetryTasks")
    dialog.get_by_role("button", name="Retry 60").click()
    dialog.get_by_role("button", name="Pause").click()
    wait_until(dashboard, lambda: held)
    held[0].continue_()
    expect(dialog).to_contain_text("50 retried, 0 skipped, 10 to go")
    expect(dialog.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 50
    dialog.get_by_role("button", name="Carry on").click()
    expect(dialog).to_contain_text("60 retried, 0 skipped, 0 to go")
    assert Operation.objects.filter(action="bulk_retry").count() == 1


def test_bulk_retry_is_confirmed_again_when_the_selection_changed(dashboard: Page, embedded_worker: Worker) -> None:
    create_failed_task("first")
    dashboard.goto("/")
    dashboard.get_by_role("button", name="Retry failed").click()
    dialog = dashboard.locator(DIALOG)
    expect(dialog.get_by_role("button", name="Retry 1")).to_be_enabled()
    create_failed_task("second")
    dialog.get_by_role("button", name="Retry 1").click()
    expect(dialog.get_by_role("alert")).to_contain_text("2 tasks match now, not 1")
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    dialog.get_by_role("button", name="Look again").click()
    dialog.get_by_role("button", name="Retry 2").click()
    expect(dialog).to_contain_text("2 retried, 0 skipped, 0 to go")


def test_bulk_revoke_terminates_a_running_task(dashboard: Page, revoking_worker: Worker) -> None:
    running = sleep.apply_async((600,), queue=revoking_worker.queue).id
    wait_for_state(running, "STARTED")
    create_task("done", task_name=sleep.name)
    dashboard.goto(f"/?name={sleep.name}")
    dashboard.get_by_role("button", name="Revoke waiting").click()
    dialog = dashboard.locator(DIALOG)
    expect(dialog).to_contain_text("1 unfinished task matches")
    dialog.get_by_label("End those that run").check()
    expect(dialog.get_by_label("Signal")).to_have_value("SIGTERM")
    dialog.get_by_role("button", name="Revoke 1").click()
    expect(dialog).to_contain_text("1 revoked, 0 skipped, 0 to go")
    wait_for_state(running, "REVOKED")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dashboard.get_by_label("Tasks", exact=True)).to_contain_text("REVOKED")


def test_delete_asks_for_confirmation(dashboard: Page) -> None:
    create_failed_task("bad")
    create_task("good")
    dashboard.goto("/tasks/bad")
    dashboard.get_by_role("button", name="Delete").click()
    dialog = dashboard.locator(DIALOG)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dashboard.get_by_role("button", name="Delete")).to_be_focused()
    assert TaskResult.objects.count() == 2
    dashboard.keyboard.press("d")
    dialog.get_by_label("Reason").fill("asked to be forgotten")
    dialog.get_by_role("button", name="Delete").click()
    expect(dashboard).to_have_url("/")
    expect(dashboard.locator("tr[data-index]")).to_contain_text(["good"])
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["good"]
    assert Operation.objects.get().reason == "asked to be forgotten"


def test_bulk_delete_keeps_unfinished_tasks(dashboard: Page) -> None:
    for number in range(3):
        create_task(f"done{number}", group_id="g")
    create_task("running", status="STARTED", group_id="g")
    create_task("elsewhere")
    create_group("g", ["done0", "done1", "done2", "running"])
    dashboard.goto("/groups/g")
    dashboard.get_by_role("button", name="Delete finished").click()
    dialog = dashboard.locator(DIALOG)
    expect(dialog).to_contain_text("3 finished tasks match")
    dialog.get_by_role("button", name="Delete 3").click()
    expect(dialog).to_contain_text("3 deleted, 0 skipped, 0 to go")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dashboard.locator(".lines li")).to_have_count(1)
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {"running", "elsewhere"}


def test_buttons_without_permission_are_disabled_and_name_it(
    visit_dashboard_as: Callable[..., AbstractContextManager[Visit]], viewer_with: Callable[..., Viewer]
) -> None:
    create_failed_task("bad")
    with visit_dashboard_as(viewer_with("view_taskresult").user) as visit:
        page = visit.page
        page.goto("/")
        for name, permission in (("Retry", "retry"), ("Revoke", "revoke"), ("Delete", "delete")):
            bulk = page.get_by_role("button", name=name)
            expect(bulk).to_have_attribute("aria-disabled", "true")
            bulk.focus()
            expect(page.get_by_role("tooltip")).to_contain_text(f"django_celery_results.{permission}_taskresult")
        page.goto("/tasks/bad")
        page.keyboard.press("d")
        retry = page.get_by_role("button", name="Retry")
        expect(retry).to_have_attribute("aria-disabled", "true")
        retry.press("Enter")
        page.keyboard.press("r")
        expect(page.locator(DIALOG)).to_have_count(0)
        expect(page.get_by_role("article")).to_contain_text("permission django_celery_results.view_payload")
        page.get_by_role("link", name="Operations", exact=True).click()
        expect(page.get_by_text("permission django_celery_results.view_operation")).to_be_visible()


def test_retry_without_the_override_permission_names_it(
    visit_dashboard_as: Callable[..., AbstractContextManager[Visit]],
    viewer_with: Callable[..., Viewer],
    embedded_worker: Worker,
) -> None:
    viewer = viewer_with("view_taskresult", "view_payload", "retry_taskresult")
    create_failed_task("bad")
    with visit_dashboard_as(viewer.user) as visit:
        page = visit.page
        page.goto("/tasks/bad")
        page.get_by_role("button", name="Retry").click()
        dialog = page.locator(DIALOG)
        expect(dialog.get_by_label("Preview")).to_contain_text("tests.tasks.fail_first")
        expect(dialog).to_contain_text("You need the permission django_celery_results.override_taskresult.")
        expect(dialog.get_by_role("button", name="Edit the arguments")).to_be_disabled()
        expect(dialog.get_by_label("Queue")).to_be_disabled()
        dialog.get_by_role("button", name="Retry").click()
        expect(page.get_by_text("repeats")).to_be_visible()
    assert TaskResult.objects.filter(retried_from="bad").count() == 1
