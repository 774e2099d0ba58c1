"""`make serve` serves generated rows, to this machine only, and logs tools in where that is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.client import Client

from tests.programs import Program, demo_command, demo_environment, started

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

ROWS = "{ taskResults(first: 1) { totalCount nodes { taskId dateCreated } } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("serve")
    with started(*demo_command("serve"), **demo_environment(folder, DEMO_AUTOLOGIN="1")) as program:
        yield program


@pytest.fixture
def client(server: Program) -> Client:
    return Client(f"http://127.0.0.1:{server.until(r'listening on ([0-9]+)')[1]}/")


def test_autologin_answers_without_a_session(client: Client) -> None:
    assert client.run(ROWS)["taskResults"]["totalCount"] == 3_000


def test_admin_lists_the_rows(client: Client) -> None:
    assert "demo.tasks." in client.get("admin/django_celery_results/taskresult/")


def test_group_is_as_old_as_its_tasks(client: Client) -> None:
    query = "{ groupResults(last: 1) { nodes { dateCreated tasks(last: 1) { nodes { dateCreated } } } } }"
    (group,) = client.run(query)["groupResults"]["nodes"]
    assert group["tasks"]["nodes"] == [{"dateCreated": group["dateCreated"]}]


@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "REVOKED", "RETRY", "STARTED", "PENDING", "CUSTOM"])
def test_rows_exist_in_every_state(client: Client, state: str) -> None:
    query = "query($state: TaskState!) { taskResults(first: 1, filter: {state: {eq: $state}}) { nodes { state } } }"
    assert client.run(query, state=state)["taskResults"]["nodes"] == [{"state": state}]


def test_retry_without_a_broker_previews_and_refuses(client: Client) -> None:
    failed = """{
      taskResults(first: 1, filter: {state: {eq: FAILURE}, taskName: {eq: "demo.tasks.sync_customer"}}) {
        nodes { taskId }
      }
    }"""
    retry = """mutation($id: String!, $dry: Boolean!) {
      retryTask(input: {task: {taskId: $id}, dryRun: $dry, allowRetried: true}) {
        preview { kwargs { text isRedacted } } errors { ... on UserError { code } }
      }
    }"""
    (row,) = client.run(failed)["taskResults"]["nodes"]
    preview = client.run(retry, id=row["taskId"], dry=True)["retryTask"]["preview"]
    assert preview["kwargs"]["isRedacted"]
    assert "hunter2" not in preview["kwargs"]["text"]
    (refusal,) = client.run(retry, id=row["taskId"], dry=False)["retryTask"]["errors"]
    assert refusal["code"] == "BROKER_UNREACHABLE"


def test_foreign_host_name_is_refused(client: Client) -> None:
    assert client.status(ROWS, host="attacker.example") == 400


def test_anonymous_is_refused_without_autologin(tmp_path: Path) -> None:
    with started(*demo_command("serve"), **demo_environment(tmp_path)) as program:
        port = program.until(r"listening on (\d+)")[1]
        assert Client(f"http://127.0.0.1:{port}/").status(ROWS) == 401
