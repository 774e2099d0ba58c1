"""Orders given in the dashboard, on a real worker: retry with other arguments, revoke, many at once, and refusals."""

from typing import Any

import pytest
from celery import chord
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, Page, Route, expect

from django_celery_results.models import Operation, TaskResult
from tests.browser.conftest import visiting
from tests.factories import create_failed_task, create_group, create_task
from tests.tasks import add, echo, sleep
from tests.workers import Worker, wait_for_state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

DIALOG = "dialog[open]"


def failed_sum(embedded_worker: Worker) -> str:
    """A task that failed, for its arguments cannot be added."""
    task_id = add.apply_async((1, "x"), queue=embedded_worker.queue).id
    wait_for_state(task_id, "FAILURE")
    return str(task_id)


def test_a_retry_with_edited_arguments_is_previewed_and_runs(dash: Page, embedded_worker: Worker) -> None:
    dash.goto(f"/tasks/{failed_sum(embedded_worker)}")
    expect(dash.get_by_role("heading", name="TypeError")).to_be_visible()
    dash.keyboard.press("r")
    dialog = dash.locator(DIALOG)
    expect(dialog.get_by_label("Preview")).to_contain_text("tests.tasks.add")
    dialog.get_by_role("button", name="Edit the arguments").click()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[1, 2")
    expect(dialog.get_by_role("alert")).to_contain_text("not JSON")
    expect(dialog.get_by_role("button", name="Retry")).to_be_disabled()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[1, 2]")
    dialog.get_by_label("Reason").fill("typed wrongly")
    dialog.get_by_role("button", name="Retry").click()
    expect(dash.get_by_label("Result", exact=True)).to_contain_text("3")
    expect(dash.get_by_text("repeats")).to_be_visible()
    dash.get_by_role("link", name="Operations", exact=True).click()
    dash.get_by_text("Retry", exact=True).click()
    expect(dash.get_by_text("Reason: typed wrongly")).to_be_visible()


def test_a_failed_member_is_retried_with_its_chord(dash: Page, embedded_worker: Worker) -> None:
    header = [add.s(1, 2).set(queue=embedded_worker.queue), add.s(1, "x").set(queue=embedded_worker.queue)]
    body = chord(header)(echo.s().set(queue=embedded_worker.queue))
    failed = wait_for_state(body.parent[1].id, "FAILURE")
    dash.goto(f"/tasks/{failed.task_id}")
    expect(dash.get_by_text("a member failed, so its body was not run")).to_be_visible()
    dash.get_by_role("button", name="Retry").click()
    dialog = dash.locator(DIALOG)
    dialog.get_by_label("Continue").check()
    dialog.get_by_role("button", name="Edit the arguments").click()
    dialog.get_by_role("textbox", name="Positional arguments").fill("[3, 4]")
    expect(dialog.get_by_label("Preview")).to_contain_text("under its own id")
    dialog.get_by_role("button", name="Retry").click()
    expect(dash.get_by_text("2 of 2 returned; its body was sent")).to_be_visible()
    assert wait_for_state(body.id, "SUCCESS").result == '{"args": [[3, 7]], "kwargs": {}}'


def test_a_waiting_task_is_revoked_and_the_workers_answers_are_shown(dash: Page, embedded_worker: Worker) -> None:
    create_task("waiting", status="PENDING", task_name="tests.tasks.add")
    dash.goto("/tasks/waiting")
    dash.get_by_role("button", name="Revoke").click()
    dialog = dash.locator(DIALOG)
    dialog.get_by_role("button", name="Revoke").click()
    expect(dialog).to_contain_text(f"{embedded_worker.hostname} acknowledged")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dash.get_by_role("heading", level=1).locator("..")).to_contain_text("REVOKED")


def test_what_matches_the_filter_is_retried_in_several_requests_of_one_order(
    dash: Page, embedded_worker: Worker
) -> None:
    for number in range(60):
        create_failed_task(f"t{number}")
    create_failed_task("unknown", task_name="shop.no_longer_there")
    dash.goto("/?state=FAILURE")
    dash.get_by_role("button", name="Retry failed").click()
    dialog = dash.locator(DIALOG)
    expect(dialog).to_contain_text("61 failed or revoked tasks match")
    assert not Operation.objects.exists()
    dialog.get_by_role("button", name="Retry 61").click()
    expect(dialog).to_contain_text("60 retried, 1 skipped, 0 to go", timeout=15_000)
    expect(dialog.get_by_label("Outcome of each task")).to_contain_text("no task named 'shop.no_longer_there'")
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 60
    dialog.get_by_role("button", name="Close").last.click()
    dash.get_by_role("link", name="Operations", exact=True).click()
    expect(dash.locator("summary")).to_contain_text(["60 of 61 tasks, 1 skipped"])


def hold_first(page: Page, operation: str) -> list[Route]:
    """Keep back the next request of an operation; once it was sent, it stands in the list."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if not held and operation in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/graphql/", hold)
    return held


def test_a_paused_order_is_carried_on(dash: Page, embedded_worker: Worker) -> None:
    for number in range(60):
        create_failed_task(f"t{number}")
    dash.goto("/")
    dash.get_by_role("button", name="Retry failed").click()
    dialog = dash.locator(DIALOG)
    expect(dialog.get_by_role("button", name="Retry 60")).to_be_enabled()
    held = hold_first(dash, "mutation RetryTasks")
    dialog.get_by_role("button", name="Retry 60").click()
    dialog.get_by_role("button", name="Pause").click()
    while not held:
        dash.wait_for_timeout(20)
    held[0].continue_()
    expect(dialog).to_contain_text("50 retried, 0 skipped, 10 to go")
    expect(dialog.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 50
    dialog.get_by_role("button", name="Carry on").click()
    expect(dialog).to_contain_text("60 retried, 0 skipped, 0 to go")
    assert Operation.objects.filter(action="bulk_retry").count() == 1


def test_an_order_whose_tasks_have_changed_is_looked_at_again(dash: Page, embedded_worker: Worker) -> None:
    create_failed_task("first")
    dash.goto("/")
    dash.get_by_role("button", name="Retry failed").click()
    dialog = dash.locator(DIALOG)
    expect(dialog.get_by_role("button", name="Retry 1")).to_be_enabled()
    create_failed_task("second")
    dialog.get_by_role("button", name="Retry 1").click()
    expect(dialog.get_by_role("alert")).to_contain_text("2 tasks match now, not 1")
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    dialog.get_by_role("button", name="Look again").click()
    dialog.get_by_role("button", name="Retry 2").click()
    expect(dialog).to_contain_text("2 retried, 0 skipped, 0 to go")


def test_what_runs_is_terminated_with_all_that_matches(dash: Page, embedded_worker: Worker) -> None:
    running = sleep.apply_async((60,), queue=embedded_worker.queue).id
    wait_for_state(running, "STARTED")
    create_task("done", task_name=sleep.name)
    dash.goto(f"/?name={sleep.name}")
    dash.get_by_role("button", name="Revoke waiting").click()
    dialog = dash.locator(DIALOG)
    expect(dialog).to_contain_text("1 unfinished task matches")
    dialog.get_by_label("End those that run").check()
    expect(dialog.get_by_label("Signal")).to_have_value("SIGTERM")
    dialog.get_by_role("button", name="Revoke 1").click()
    expect(dialog).to_contain_text("1 revoked, 0 skipped, 0 to go")
    wait_for_state(running, "REVOKED")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dash.get_by_label("Tasks", exact=True)).to_contain_text("REVOKED")


def test_a_result_is_deleted_once_that_is_confirmed(dash: Page) -> None:
    create_failed_task("bad")
    create_task("good")
    dash.goto("/tasks/bad")
    dash.get_by_role("button", name="Delete").click()
    dialog = dash.locator(DIALOG)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dash.get_by_role("button", name="Delete")).to_be_focused()
    assert TaskResult.objects.count() == 2
    dash.keyboard.press("d")
    dialog.get_by_label("Reason").fill("asked to be forgotten")
    dialog.get_by_role("button", name="Delete").click()
    expect(dash).to_have_url("/")
    expect(dash.locator("tr[data-index]")).to_contain_text(["good"])
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["good"]
    assert Operation.objects.get().reason == "asked to be forgotten"


def test_only_what_is_finished_is_deleted_with_all_that_matches(dash: Page) -> None:
    for number in range(3):
        create_task(f"done{number}", group_id="g")
    create_task("running", status="STARTED", group_id="g")
    create_task("elsewhere")
    create_group("g", ["done0", "done1", "done2", "running"])
    dash.goto("/groups/g")
    dash.get_by_role("button", name="Delete finished").click()
    dialog = dash.locator(DIALOG)
    expect(dialog).to_contain_text("3 finished tasks match")
    dialog.get_by_role("button", name="Delete 3").click()
    expect(dialog).to_contain_text("3 deleted, 0 skipped, 0 to go")
    dialog.get_by_role("button", name="Close").last.click()
    expect(dash.locator(".lines li")).to_have_count(1)
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {"running", "elsewhere"}


def test_a_reader_sees_buttons_that_say_why_they_are_closed(browser: Browser, served: str, reader: Any) -> None:
    create_failed_task("bad")
    with visiting(browser, served, reader, base_url=served) as visit:
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
        retry.click(force=True)
        page.keyboard.press("r")
        expect(page.locator(DIALOG)).to_have_count(0)
        expect(page.get_by_role("article")).to_contain_text("permission django_celery_results.view_payload")
        page.get_by_role("link", name="Operations", exact=True).click()
        expect(page.get_by_text("permission django_celery_results.view_operation")).to_be_visible()


@pytest.fixture
def reader(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("reader")
    user.user_permissions.set(Permission.objects.filter(codename="view_taskresult"))
    return user
