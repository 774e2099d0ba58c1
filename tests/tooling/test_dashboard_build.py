"""A frontend's tools accept the schema, the dashboard and its operations: code generation, TypeScript, GraphQL lint."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import dashboard
from tests.dashboard import DASHBOARD, ROOT, script

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def generated(built_dashboard: Path) -> str:
    """The types of the built dashboard."""
    return (built_dashboard.parent / "src" / "gql" / "graphql.ts").read_text()


@pytest.fixture
def checkout(npm: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of the dashboard to break."""
    return dashboard.copy_to(tmp_path)


def test_the_dashboard_builds_and_asks_no_other_host(built_dashboard: Path) -> None:
    page = (built_dashboard / "index.html").read_text()
    assert '<script type="module"' in page
    assert "<style" not in page
    assert "://" not in page


def test_what_is_built_is_not_built_again(built_dashboard: Path) -> None:
    root = built_dashboard.parents[2]
    done = dashboard.run_tool(root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_npm_there_is_a_line_and_no_dashboard(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = dashboard.run_tool(ROOT, PATH=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr == "The demo starts without its dashboard: npm is not installed\n"


def test_every_operation_gets_its_types_and_nothing_is_any(generated: str) -> None:
    operations = [path.stem for path in (ROOT / DASHBOARD / "operations").glob("*.graphql")]
    assert len(operations) > 5
    assert "TaskListDocument" in generated
    assert "BulkRetryTasksInput" in generated
    assert ": any" not in generated


def test_a_schema_that_lacks_a_field_breaks_the_dashboard(checkout: Path) -> None:
    schema = checkout.parents[1] / "schema.graphql"
    schema.write_text(schema.read_text().replace("  runtimeSeconds: Float\n", "  lasted: Float\n"))
    done = script(checkout, "codegen")
    assert done.returncode != 0
    assert 'Cannot query field "runtimeSeconds"' in done.stdout + done.stderr


def test_typescript_is_satisfied_but_where_a_field_lacks(checkout: Path) -> None:
    line = checkout / "operations" / "task_list.graphql"
    line.write_text(line.read_text().replace("  queuedSeconds\n", ""))
    assert script(checkout, "codegen").returncode == 0
    errors = script(checkout, "check").stdout.splitlines()
    assert errors
    assert [error for error in errors if "Property 'queuedSeconds' does not exist" not in error] == []


def test_the_rules_pass_and_catch_what_the_schema_does_not_know(checkout: Path) -> None:
    wrong = checkout / "operations" / "wrong.graphql"
    wrong.write_text("query Wrong { nope }\n")
    results = json.loads(script(checkout, "lint", "--format", "json").stdout)
    found = {
        Path(result["filePath"]).name: [message["message"] for message in result["messages"]] for result in results
    }
    assert 'Cannot query field "nope"' in found.pop("wrong.graphql")[0]
    assert len(found) == len(list((ROOT / DASHBOARD / "operations").iterdir())) + 1
    assert [messages for messages in found.values() if messages] == []


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in "".join(
        line for line in (ROOT / DASHBOARD / "package-lock.json").read_text().splitlines() if '"url"' not in line
    )
