"""The example of a project with a graphene schema of its own: started as it says, and queried."""

import json
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from demo.client import Client

from tests.workshop.programs import ROOT, run, started

pytestmark = pytest.mark.skipif(find_spec("graphene") is None, reason="graphene is not installed")

ROW = "from django_celery_results.models import TaskResult as T; T.objects.create(task_id='t', task_name='shop.charge')"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("shop") / "project"
    shutil.copytree(ROOT / "examples" / "graphene_project", folder, ignore=shutil.ignore_patterns("*.sqlite3*"))
    settings = {"DJANGO_SUPERUSER_PASSWORD": "choose-one"}
    user = ("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
    for command in (("migrate",), user, ("shell", "-c", ROW)):
        done = run("python", "manage.py", *command, cwd=folder, **settings)
        assert done.returncode == 0, done.stderr
    with started("python", "manage.py", "runserver", "--noreload", "0", cwd=folder, **settings) as web:
        yield web.until(r"Starting development server at (\S+)")[1]


def ask(client: Client, query: str) -> Any:
    """By GET, which needs no token against cross-site requests."""
    return json.loads(client.get(f"graphql/?{urlencode({'query': query})}"))["data"]


def test_our_types_join_the_projects_schema(url: str) -> None:
    client = Client(url)
    client.login("admin", "choose-one")
    found = ask(client, "{ openOrders taskResults { totalCount nodes { id taskId runbook } } }")
    assert found["openOrders"] == 3
    [node] = found["taskResults"]["nodes"]
    assert (node["taskId"], node["runbook"]) == ("t", "https://runbooks.example.org/shop.charge")
    again = f'{{ node(id: "{node["id"]}") {{ ... on TaskResult {{ taskId }} }} }}'
    assert ask(client, again) == {"node": {"taskId": "t"}}


def test_a_hidden_field_is_gone(url: str) -> None:
    kind = ask(Client(url), '{ __type(name: "TaskResult") { fields { name } } }')["__type"]
    names = {field["name"] for field in kind["fields"]}
    assert "periodicTaskName" not in names
    assert {"taskId", "runbook"} <= names


def test_nobody_sees_rows_without_logging_in(url: str) -> None:
    assert ask(Client(url), "{ taskResults { nodes { id } } }") is None


def test_the_page_about_it_runs() -> None:
    page = (ROOT / "docs" / "graphene.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/graphene.md", "exec"), made)
    text = str(made["schema"])
    assert "openOrders: Int!" in text
    assert "runbook: String" in text
