"""The dashboard lists, filters and shows tasks and groups, and loads nothing but its own files."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from django_celery_results.models import TaskResult
from tests.browser.visits import Visit, serious_violations, wait_until
from tests.factories import create_failed_task, create_group, create_task

pytestmark = pytest.mark.once

VisitAs = Callable[..., AbstractContextManager[Visit]]

ROWS = ".tasks tbody tr[data-index]"
PAGES = ("/", "/tasks/bad", "/groups", "/groups/g", "/operations")
ERROR = '{"exc_type": "ValueError", "exc_module": "builtins", "exc_message": ["no such customer"]}'
TRACEBACK = "Traceback\nValueError: no such customer"


def create_failure(task_id: str, **columns: Any) -> TaskResult:
    columns = {"task_name": "shop.charge", "result": ERROR, "traceback": TRACEBACK, "task_args": '"(1,)"'} | columns
    return create_task(task_id, status="FAILURE", error_type="ValueError", **columns)


def test_list_shows_newest_first_with_errors_and_failure_rate(dashboard: Page) -> None:
    create_task("old", task_name="shop.mail")
    create_failure("new")
    dashboard.goto("/")
    expect(dashboard.locator(ROWS)).to_contain_text(["shop.charge", "shop.mail"])
    expect(dashboard.locator(ROWS).first).to_contain_text("ValueError: no such customer")
    expect(dashboard.get_by_label("Statistics")).to_contain_text("50%")


def test_bulk_delete_requires_a_filter(dashboard: Page) -> None:
    create_task("any")
    dashboard.goto("/?span=all")
    button = dashboard.get_by_role("button", name="Delete finished")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")  # a click could miss: statistics that arrive move the button
    expect(dashboard.get_by_role("tooltip")).to_contain_text("Narrow the list first")
    expect(dashboard.locator("dialog[open]")).to_have_count(0)


def test_filter_is_kept_in_the_url(dashboard: Page) -> None:
    create_task("good")
    create_failure("bad")
    dashboard.goto("/")
    dashboard.get_by_role("button", name="FAILURE 1").click()
    expect(dashboard).to_have_url("/?state=FAILURE")
    expect(dashboard.locator(ROWS)).to_have_count(1)
    dashboard.reload()
    expect(dashboard.locator(ROWS)).to_contain_text(["shop.charge"])
    dashboard.get_by_role("button", name="Remove the filter State FAILURE").click()
    expect(dashboard).to_have_url("/")
    expect(dashboard.locator(ROWS)).to_have_count(2)


def test_escape_returns_to_the_filtered_list(dashboard: Page) -> None:
    create_failure("bad")
    dashboard.goto("/?state=FAILURE")
    dashboard.locator(ROWS).first.get_by_role("link").click()
    expect(dashboard).to_have_title("charge FAILURE · Celery results")
    dashboard.keyboard.press("Escape")
    expect(dashboard).to_have_url("/?state=FAILURE")


def test_name_filter_ignores_a_name_that_is_not_finished(dashboard: Page) -> None:
    create_task("one", task_name="shop.mail")
    create_task("two", task_name="shop.charge")
    dashboard.clock.install()
    dashboard.goto("/")
    dashboard.get_by_role("button", name="Filters").click()
    name = dashboard.get_by_role("combobox", name="Task name")
    name.press_sequentially("shop.cha")
    dashboard.clock.run_for(3_000)
    expect(dashboard).to_have_url("/")
    expect(dashboard.locator(ROWS)).to_have_count(2)
    name.fill("shop.charge")
    expect(dashboard).to_have_url("/?name=shop.charge")
    name.fill("shop.none")
    name.press("Enter")
    expect(dashboard).to_have_url("/?name=shop.none")
    name.fill("shop.left")
    dashboard.mouse.click(40, 700)  # outside of it
    expect(dashboard).to_have_url("/?name=shop.left")
    expect(name).to_have_count(0)
    expect(dashboard.get_by_text("No task matches")).to_be_visible()


def test_filter_keeps_what_is_typed_while_the_url_changes(dashboard: Page) -> None:
    create_task("one", task_name="shop.mail")
    dashboard.add_init_script("""
        const replaceState = history.replaceState.bind(history)
        history.replaceState = (state, title, url) => {
          replaceState(state, title, url)
          if (url?.endsWith('shop.mail')) queueMicrotask(() => document.execCommand('insertText', false, '.again'))
        }
    """)
    dashboard.goto("/")
    dashboard.get_by_role("button", name="Filters").click()
    name = dashboard.get_by_role("combobox", name="Task name")
    name.fill("shop.mail")
    expect(dashboard).to_have_url("/?name=shop.mail")
    name.press("Enter")
    expect(dashboard).to_have_url("/?name=shop.mail.again")


def test_search_narrows_the_list_and_can_be_cleared(dashboard: Page) -> None:
    create_task("one", task_name="shop.mail")
    create_task("two", task_name="shop.charge")
    dashboard.goto("/")
    expect(dashboard.locator(ROWS)).to_have_count(2)
    dashboard.keyboard.press("/")
    dashboard.keyboard.type("mail")
    expect(dashboard.locator(ROWS)).to_contain_text(["shop.mail"])
    expect(dashboard).to_have_url("/?search=mail")
    dashboard.get_by_label("Search").fill("nothing has this")
    dashboard.get_by_role("button", name="Clear the filters").click()
    expect(dashboard.locator(ROWS)).to_have_count(2)


def test_scrolling_loads_all_tasks_and_renders_visible_rows_only(dashboard: Page) -> None:
    TaskResult.objects.bulk_create(TaskResult(task_id=f"t{number}", status="SUCCESS") for number in range(130))
    dashboard.goto("/")
    expect(dashboard.locator(ROWS).first).to_contain_text("t129")

    def scroll_to_end() -> bool:
        dashboard.mouse.wheel(0, 20_000)
        return dashboard.get_by_text("That is all.").is_visible()

    wait_until(dashboard, scroll_to_end)
    dashboard.mouse.wheel(0, 20_000)
    expect(dashboard.locator(ROWS).last).to_contain_text("t0")
    assert dashboard.locator(ROWS).count() < 60


def test_hidden_columns_leave_no_gap(dashboard: Page) -> None:
    TaskResult.objects.bulk_create(TaskResult(task_id=f"t{number}", status="SUCCESS") for number in range(50))
    dashboard.set_viewport_size({"width": 900, "height": 600})
    dashboard.goto("/")
    expect(dashboard.locator(ROWS).first).to_be_visible()
    expect(dashboard.locator(".tasks .spacer").first).to_be_attached()
    widths = dashboard.locator(".tasks thead tr, .tasks th:visible").evaluate_all("all => all.map(e => e.offsetWidth)")
    assert widths[0] == sum(widths[1:])


def test_list_refreshes_by_itself(dashboard: Page) -> None:
    running = create_task("running", status="STARTED", task_name="shop.mail")
    dashboard.clock.install()
    dashboard.goto("/")
    expect(dashboard.locator(ROWS)).to_have_count(1)
    create_task("later", task_name="shop.later")
    TaskResult.objects.filter(pk=running.pk).update(status="SUCCESS")
    dashboard.clock.run_for(5_500)
    expect(dashboard.locator(ROWS)).to_contain_text(["shop.later", "SUCCESS"])


def test_keyboard_selects_and_opens_a_task(dashboard: Page) -> None:
    create_task("first", task_name="shop.mail")
    create_failure("second")
    dashboard.goto("/")
    expect(dashboard.locator(ROWS)).to_have_count(2)
    dashboard.keyboard.press("j")
    dashboard.keyboard.press("j")
    dashboard.keyboard.press("Enter")
    expect(dashboard).to_have_url("/tasks/first")
    expect(dashboard.get_by_role("heading", name="shop.mail")).to_be_visible()
    dashboard.keyboard.press("Escape")
    expect(dashboard).to_have_url("/")


def test_arrow_keys_in_a_form_control_do_not_move_the_list(dashboard: Page) -> None:
    create_task("any", task_name="shop.mail")
    dashboard.goto("/")
    expect(dashboard.locator(ROWS)).to_have_count(1)
    dashboard.get_by_role("radio", name="7 days").focus()
    dashboard.keyboard.press("ArrowDown")
    expect(dashboard.get_by_role("radio", name="30 days")).to_be_focused()


def test_task_page_shows_error_arguments_and_related_tasks(dashboard: Page) -> None:
    create_task("order/1", task_name="shop.order", root_id="order/1")
    create_failure("pay", root_id="order/1", parent_id="order/1", group_id="g")
    create_task("again", task_name="shop.charge", retried_from="pay")
    create_group("g", ["pay"])
    dashboard.goto("/tasks/pay")
    expect(dashboard.get_by_label("Traceback", exact=True)).to_contain_text("ValueError: no such customer")
    expect(dashboard.get_by_label("Positional arguments", exact=True)).to_contain_text("[1]")
    expect(dashboard.get_by_text("1 of 1 ready")).to_be_visible()
    expect(dashboard.get_by_text("run again as", exact=True)).to_be_visible()
    dashboard.get_by_role("link", name="shop.order").click()
    expect(dashboard).to_have_url("/tasks/order%2F1")
    expect(dashboard.get_by_role("heading", name="shop.order")).to_be_visible()
    dashboard.reload()
    expect(dashboard.get_by_role("heading", name="shop.order")).to_be_visible()


def test_long_chain_fits_a_narrow_screen(dashboard: Page) -> None:
    create_task("step0", task_name="n0", root_id="step0")
    for number in range(1, 20):
        create_task(f"step{number}", task_name=f"n{number}", parent_id=f"step{number - 1}", root_id="step0")
    dashboard.set_viewport_size({"width": 360, "height": 740})
    dashboard.goto("/tasks/step0")
    expect(dashboard.get_by_role("link", name="n19")).to_be_visible()
    assert dashboard.evaluate("document.scrollingElement.scrollWidth") == 360
    dashboard.get_by_role("link", name="n19").click()
    expect(dashboard.get_by_role("heading", name="n19")).to_be_in_viewport()


def test_large_tree_shows_neighbours_and_links_the_list(dashboard: Page) -> None:
    create_task("root", root_id="root", task_name="shop.root")
    rows = [TaskResult(task_id=f"child{n}", root_id="root", parent_id="root", status="SUCCESS") for n in range(502)]
    rows.append(
        TaskResult(task_id="last", root_id="root", parent_id="child501", status="SUCCESS", task_name="shop.last")
    )
    TaskResult.objects.bulk_create(rows)
    dashboard.goto("/tasks/child501")
    relatives = dashboard.locator("section", has=dashboard.get_by_role("heading", name="Next to it"))
    expect(relatives.get_by_role("listitem")).to_contain_text(["sent by", "sent"])
    expect(relatives.get_by_role("link")).to_contain_text(["shop.root", "shop.last"])
    dashboard.get_by_role("link", name="the list has all of them").click()
    expect(dashboard).to_have_url("/?root=root&span=all")
    expect(dashboard.get_by_role("heading", name="Tasks")).to_contain_text("504")


def test_group_page_shows_progress_and_links_its_tasks(dashboard: Page) -> None:
    create_failure("bad", group_id="g")
    create_task("good", group_id="g")
    create_group("g", ["bad", "good", "unknown"])
    dashboard.goto("/groups")
    dashboard.get_by_role("link", name="g", exact=True).click()
    expect(dashboard.get_by_text("2 of 3 ready")).to_be_visible()
    expect(dashboard.get_by_label("Its tasks: 1 FAILURE, 1 SUCCESS")).to_be_visible()
    dashboard.get_by_role("link", name="Tasks", exact=True).last.click()
    expect(dashboard.get_by_label("Filters in use")).to_contain_text("Group g")
    expect(dashboard.locator(ROWS)).to_have_count(2)


def test_expired_session_redirects_to_login(visit_dashboard_as: VisitAs, admin_user: Any) -> None:
    with visit_dashboard_as(admin_user) as visit:
        visit.page.goto("/")
        visit.page.get_by_text("No task matches").wait_for()
        visit.page.context.clear_cookies()
        visit.page.get_by_role("link", name="Operations").click()
        expect(visit.page).to_have_url("/admin/login/?next=%2Foperations")
        visit.page.wait_for_load_state()
        visit.console_errors.clear()  # the browser reports the 401, and the login page has no icon


def test_unreachable_service_is_reported_and_can_be_retried(visit_dashboard_as: VisitAs, admin_user: Any) -> None:
    create_task("there", task_name="shop.mail")
    with visit_dashboard_as(admin_user) as visit:
        visit.page.route("**/graphql/", lambda route: route.abort())
        visit.page.goto("/")
        expect(visit.page.get_by_role("alert")).to_contain_text("The service cannot be reached")
        visit.page.unroute("**/graphql/")
        visit.page.get_by_role("button", name="Try again").click()
        expect(visit.page.locator(ROWS)).to_have_count(1)
        assert {"ERR_FAILED" in error for error in visit.console_errors} == {True}
        visit.console_errors.clear()


def test_content_security_policy_allows_own_files_only(client: Client, demo_urls: None, admin_user: Any) -> None:
    client.force_login(admin_user)
    policy = client.get("/tasks/any")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert "://" not in policy


def test_root_redirects_to_graphiql_without_a_built_dashboard(
    client: Client, demo_urls: None, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_DASHBOARD", "/nowhere")
    client.force_login(admin_user)
    assert client.get("/")["Location"] == "/graphql/"


@pytest.fixture
def tasks_in_every_state(live_server: Any) -> None:
    """A workflow with a task in each state, one of them in a group, and a failure that can be retried."""
    for state in ("SUCCESS", "STARTED", "PENDING", "RETRY", "REVOKED", "REJECTED", "RECEIVED", "PROGRESS"):
        create_task(state, status=state, task_name="shop.mail", root_id="bad")
    create_failure("bad", task_name="a.very.long.name." * 12, group_id="g", root_id="bad")
    create_failed_task("kept")
    create_group("g", ["bad"])


def each_page_and_dialog(page: Page) -> Iterator[str]:
    """Open each page, and each dialog over it; yield what is open."""
    for path in PAGES:
        page.goto(path)
        page.get_by_role("heading").first.wait_for()
        expect(page.get_by_text("Loading")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        yield path
    for path, key in (("/tasks/kept", "r"), ("/tasks/STARTED", "x"), ("/tasks/bad", "d"), ("/tasks/bad", "?")):
        page.goto(path)
        page.get_by_role("heading", level=1).wait_for()
        yield from open_dialog(page, lambda key=key: page.keyboard.press(key))
    page.goto("/")
    for name in ("Retry failed", "Revoke waiting", "Delete finished"):
        yield from open_dialog(page, page.get_by_role("button", name=name).click)


def open_dialog(page: Page, act: Callable[[], None]) -> Iterator[str]:
    """Open a dialog by this act, and yield its heading."""
    act()
    yield page.locator("dialog[open] h2").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_and_dialogs_are_accessible(
    visit_dashboard_as: VisitAs, admin_user: Any, tasks_in_every_state: None, scheme: Any, axe: str
) -> None:
    with visit_dashboard_as(admin_user, color_scheme=scheme) as visit:
        for where in each_page_and_dialog(visit.page):
            visit.page.wait_for_load_state("networkidle")
            assert serious_violations(visit.page, axe) == [], where


def test_pages_and_dialogs_fit_a_narrow_screen(
    visit_dashboard_as: VisitAs, admin_user: Any, tasks_in_every_state: None
) -> None:
    with visit_dashboard_as(admin_user, viewport={"width": 360, "height": 740}) as visit:
        for where in each_page_and_dialog(visit.page):
            assert visit.page.evaluate("document.scrollingElement.scrollWidth") == 360, where
            for body in visit.page.locator(".dialog-body").all():
                assert body.evaluate("body => body.scrollWidth - body.clientWidth") == 0, where
