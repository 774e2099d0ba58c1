"""The dashboard as a person uses it: the list, its filters and numbers, and what it may load."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from django_celery_results.models import TaskResult
from tests.browser.conftest import visiting
from tests.factories import create_failed_task, create_group, create_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ROWS = ".tasks tbody tr[data-index]"
PAGES = ("/", "/tasks/bad", "/groups", "/groups/g", "/operations")
ERROR = '{"exc_type": "ValueError", "exc_module": "builtins", "exc_message": ["no such customer"]}'
TRACEBACK = "Traceback\nValueError: no such customer"


def failure(task_id: str, **columns: Any) -> TaskResult:
    columns = {"task_name": "shop.charge", "result": ERROR, "traceback": TRACEBACK, "task_args": '"(1,)"'} | columns
    return create_task(task_id, status="FAILURE", error_type="ValueError", **columns)


def test_the_list_shows_the_newest_first_and_why_tasks_failed(dash: Page) -> None:
    create_task("old", task_name="shop.mail")
    failure("new")
    dash.goto("/")
    expect(dash.locator(ROWS)).to_contain_text(["shop.charge", "shop.mail"])
    expect(dash.locator(ROWS).first).to_contain_text("ValueError: no such customer")
    expect(dash.get_by_label("Statistics")).to_contain_text("50%")


def test_every_task_there_is_is_no_order(dash: Page) -> None:
    create_task("any")
    dash.goto("/?span=all")
    button = dash.get_by_role("button", name="Delete finished")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    expect(dash.get_by_role("tooltip")).to_contain_text("Narrow the list first")
    expect(dash.locator("dialog[open]")).to_have_count(0)


def test_a_filter_stands_in_the_address(dash: Page) -> None:
    create_task("good")
    failure("bad")
    dash.goto("/")
    dash.get_by_role("button", name="FAILURE 1").click()
    expect(dash).to_have_url("/?state=FAILURE")
    expect(dash.locator(ROWS)).to_have_count(1)
    dash.reload()
    expect(dash.locator(ROWS)).to_contain_text(["shop.charge"])
    dash.get_by_role("button", name="Remove the filter State FAILURE").click()
    expect(dash).to_have_url("/")
    expect(dash.locator(ROWS)).to_have_count(2)


def test_the_way_back_from_a_task_keeps_the_filter(dash: Page) -> None:
    failure("bad")
    dash.goto("/?state=FAILURE")
    dash.locator(ROWS).first.get_by_role("link").click()
    expect(dash).to_have_title("charge FAILURE · Celery results")
    dash.keyboard.press("Escape")
    expect(dash).to_have_url("/?state=FAILURE")


def test_half_a_name_waits_for_the_rest(dash: Page) -> None:
    create_task("one", task_name="shop.mail")
    create_task("two", task_name="shop.charge")
    dash.goto("/")
    dash.get_by_role("button", name="Filters").click()
    name = dash.get_by_role("combobox", name="Task name")
    name.press_sequentially("shop.cha")
    dash.wait_for_timeout(500)
    expect(dash.locator(ROWS)).to_have_count(2)
    name.fill("shop.charge")
    expect(dash).to_have_url("/?name=shop.charge")
    name.fill("shop.none")
    name.press("Enter")
    expect(dash).to_have_url("/?name=shop.none")
    name.fill("shop.left")
    dash.mouse.click(40, 700)  # beside it
    expect(dash).to_have_url("/?name=shop.left")
    expect(name).to_have_count(0)
    expect(dash.get_by_text("No task matches")).to_be_visible()


def test_words_are_searched_for(dash: Page) -> None:
    create_task("one", task_name="shop.mail")
    create_task("two", task_name="shop.charge")
    dash.goto("/")
    expect(dash.locator(ROWS)).to_have_count(2)
    dash.keyboard.press("/")
    dash.keyboard.type("mail")
    expect(dash.locator(ROWS)).to_contain_text(["shop.mail"])
    expect(dash).to_have_url("/?search=mail")
    dash.get_by_label("Search").fill("nothing has this")
    dash.get_by_role("button", name="Clear the filters").click()
    expect(dash.locator(ROWS)).to_have_count(2)


def test_scrolling_brings_every_task_while_only_those_in_sight_are_drawn(dash: Page) -> None:
    TaskResult.objects.bulk_create(TaskResult(task_id=f"t{number}", status="SUCCESS") for number in range(130))
    dash.goto("/")
    expect(dash.locator(ROWS).first).to_contain_text("t129")
    end = dash.get_by_text("That is all.")
    for _ in range(100):
        dash.mouse.wheel(0, 20_000)
        dash.wait_for_timeout(100)
        if end.is_visible():
            break
    dash.mouse.wheel(0, 20_000)
    expect(dash.locator(ROWS).last).to_contain_text("t0")
    assert dash.locator(ROWS).count() < 60


def test_columns_that_are_hidden_leave_no_gap(dash: Page) -> None:
    TaskResult.objects.bulk_create(TaskResult(task_id=f"t{number}", status="SUCCESS") for number in range(50))
    dash.set_viewport_size({"width": 900, "height": 600})
    dash.goto("/")
    expect(dash.locator(ROWS).first).to_be_visible()
    assert dash.locator(".tasks .spacer").count() > 0
    widths = dash.locator(".tasks thead tr, .tasks th:visible").evaluate_all("all => all.map(e => e.offsetWidth)")
    assert widths[0] == sum(widths[1:])


def test_what_happens_meanwhile_comes_in_by_itself(dash: Page) -> None:
    running = create_task("running", status="STARTED", task_name="shop.mail")
    dash.clock.install()
    dash.goto("/")
    expect(dash.locator(ROWS)).to_have_count(1)
    create_task("later", task_name="shop.later")
    TaskResult.objects.filter(pk=running.pk).update(status="SUCCESS")
    dash.clock.run_for(5_500)
    expect(dash.locator(ROWS)).to_contain_text(["shop.later", "SUCCESS"])


def test_keys_walk_through_the_list_and_open_a_task(dash: Page) -> None:
    create_task("first", task_name="shop.mail")
    failure("second")
    dash.goto("/")
    expect(dash.locator(ROWS)).to_have_count(2)
    dash.keyboard.press("j")
    dash.keyboard.press("j")
    dash.keyboard.press("Enter")
    expect(dash).to_have_url("/tasks/first")
    expect(dash.get_by_role("heading", name="shop.mail")).to_be_visible()
    dash.keyboard.press("Escape")
    expect(dash).to_have_url("/")


def test_keys_of_the_list_leave_alone_who_uses_them(dash: Page) -> None:
    create_task("any", task_name="shop.mail")
    dash.goto("/")
    expect(dash.locator(ROWS)).to_have_count(1)
    dash.get_by_role("radio", name="7 days").focus()
    dash.keyboard.press("ArrowDown")
    expect(dash.get_by_role("radio", name="30 days")).to_be_focused()


def test_a_task_shows_its_error_arguments_and_family(dash: Page) -> None:
    create_task("order/1", task_name="shop.order", root_id="order/1")
    failure("pay", root_id="order/1", parent_id="order/1", group_id="g")
    create_task("again", task_name="shop.charge", retried_from="pay")
    create_group("g", ["pay"])
    dash.goto("/tasks/pay")
    expect(dash.get_by_label("Traceback", exact=True)).to_contain_text("ValueError: no such customer")
    expect(dash.get_by_label("Positional arguments", exact=True)).to_contain_text("[1]")
    expect(dash.get_by_text("1 of 1 ready")).to_be_visible()
    expect(dash.get_by_text("run again as", exact=True)).to_be_visible()
    dash.get_by_role("link", name="shop.order").click()
    expect(dash).to_have_url("/tasks/order%2F1")
    expect(dash.get_by_role("heading", name="shop.order")).to_be_visible()
    dash.reload()
    expect(dash.get_by_role("heading", name="shop.order")).to_be_visible()


def test_a_long_chain_is_shown_to_its_end(dash: Page) -> None:
    create_task("step0", task_name="n0", root_id="step0")
    for number in range(1, 20):
        create_task(f"step{number}", task_name=f"n{number}", parent_id=f"step{number - 1}", root_id="step0")
    dash.set_viewport_size({"width": 360, "height": 740})
    dash.goto("/tasks/step0")
    expect(dash.get_by_role("link", name="n19")).to_be_visible()
    assert dash.evaluate("document.scrollingElement.scrollWidth") == 360
    dash.get_by_role("link", name="n19").click()
    expect(dash.get_by_role("heading", name="n19")).to_be_in_viewport()


def test_what_a_tree_has_no_room_for_is_listed(dash: Page) -> None:
    create_task("root", root_id="root", task_name="shop.root")
    rows = [TaskResult(task_id=f"child{n}", root_id="root", parent_id="root", status="SUCCESS") for n in range(502)]
    rows.append(
        TaskResult(task_id="last", root_id="root", parent_id="child501", status="SUCCESS", task_name="shop.last")
    )
    TaskResult.objects.bulk_create(rows)
    dash.goto("/tasks/child501")
    family = dash.locator("section", has=dash.get_by_role("heading", name="Next to it"))
    expect(family.get_by_role("listitem")).to_contain_text(["sent by", "sent"])
    expect(family.get_by_role("link")).to_contain_text(["shop.root", "shop.last"])
    dash.get_by_role("link", name="the list has all of them").click()
    expect(dash).to_have_url("/?root=root&span=all")
    expect(dash.get_by_role("heading", name="Tasks")).to_contain_text("504")


def test_a_group_shows_how_far_it_is(dash: Page) -> None:
    failure("bad", group_id="g")
    create_task("good", group_id="g")
    create_group("g", ["bad", "good", "unknown"])
    dash.goto("/groups")
    dash.get_by_role("link", name="g", exact=True).click()
    expect(dash.get_by_text("2 of 3 ready")).to_be_visible()
    expect(dash.get_by_label("Its tasks: 1 FAILURE, 1 SUCCESS")).to_be_visible()
    dash.get_by_role("link", name="Tasks", exact=True).last.click()
    expect(dash.get_by_label("Filters in use")).to_contain_text("Group g")
    expect(dash.locator(ROWS)).to_have_count(2)


def test_an_expired_session_leads_to_the_login_page(browser: Browser, served: str, admin_user: Any) -> None:
    with visiting(browser, served, admin_user, base_url=served) as visit:
        visit.page.goto("/")
        visit.page.get_by_text("No task matches").wait_for()
        visit.page.context.clear_cookies()
        visit.page.get_by_role("link", name="Operations").click()
        expect(visit.page).to_have_url("/admin/login/?next=%2Foperations")
        visit.page.wait_for_load_state()
        visit.complaints.clear()  # the browser tells of the 401, and the login page has no icon


def test_a_service_that_is_away_is_said_and_asked_again(browser: Browser, served: str, admin_user: Any) -> None:
    create_task("there", task_name="shop.mail")
    with visiting(browser, served, admin_user, base_url=served) as visit:
        visit.page.route("**/graphql/", lambda route: route.abort())
        visit.page.goto("/")
        expect(visit.page.get_by_role("alert")).to_contain_text("The service cannot be reached")
        visit.page.unroute("**/graphql/")
        visit.page.get_by_role("button", name="Try again").click()
        expect(visit.page.locator(ROWS)).to_have_count(1)
        assert {"ERR_FAILED" in complaint for complaint in visit.complaints} == {True}
        visit.complaints.clear()


def test_its_policy_lets_nothing_in_but_its_own_files(client: Client, served: str, admin_user: Any) -> None:
    client.force_login(admin_user)
    policy = client.get("/tasks/any")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert "://" not in policy


def test_without_its_files_the_front_door_is_graphiql(
    client: Client, served: str, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_DASHBOARD", "/nowhere")
    client.force_login(admin_user)
    assert client.get("/")["Location"] == "/graphql/"


@pytest.fixture
def every_state(db: None) -> None:
    """A workflow with a task in each state, one of them in a group; and a failure that can be run again."""
    for state in ("SUCCESS", "STARTED", "PENDING", "RETRY", "REVOKED", "REJECTED", "RECEIVED", "PROGRESS"):
        create_task(state, status=state, task_name="shop.mail", root_id="bad")
    failure("bad", task_name="a.very.long.name." * 12, group_id="g", root_id="bad")
    create_failed_task("kept")
    create_group("g", ["bad"])


def open_pages(page: Page) -> Iterator[str]:
    """Each page, and each dialog over it, one after the other."""
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        yield path
    for path, key in (("/tasks/kept", "r"), ("/tasks/STARTED", "x"), ("/tasks/bad", "d"), ("/tasks/bad", "?")):
        page.goto(path)
        page.get_by_role("heading", level=1).wait_for()
        yield from opened(page, lambda key=key: page.keyboard.press(key))
    page.goto("/")
    for name in ("Retry failed", "Revoke waiting", "Delete finished"):
        yield from opened(page, page.get_by_role("button", name=name).click)


def opened(page: Page, act: Callable[[], None]) -> Iterator[str]:
    """The dialog that an act opens."""
    act()
    yield page.locator("dialog[open] h2").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out(
    browser: Browser, served: str, admin_user: Any, every_state: None, scheme: Any, built_dashboard: Path
) -> None:
    axe = (built_dashboard.parent / "node_modules" / "axe-core" / "axe.min.js").read_text()
    with visiting(browser, served, admin_user, base_url=served, color_scheme=scheme) as visit:
        for where in open_pages(visit.page):
            visit.page.wait_for_load_state("networkidle")
            visit.page.evaluate(axe)
            violations = visit.page.evaluate("async () => (await axe.run()).violations")
            serious = [each for each in violations if each["impact"] in ("serious", "critical")]
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in serious] == [], where


def test_a_phone_scrolls_in_one_direction_only(
    browser: Browser, served: str, admin_user: Any, every_state: None
) -> None:
    with visiting(browser, served, admin_user, base_url=served, viewport={"width": 360, "height": 740}) as visit:
        for where in open_pages(visit.page):
            assert visit.page.evaluate("document.scrollingElement.scrollWidth") == 360, where
            for body in visit.page.locator(".dialog-body").all():
                assert body.evaluate("body => body.scrollWidth - body.clientWidth") == 0, where
