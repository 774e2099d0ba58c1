"""The dashboard builds from its locked packages; its tools report what the schema does not allow."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import dashboard
from tests.dashboard import DASHBOARD, ROOT, script

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def generated_types(built_dashboard: Path) -> str:
    """The TypeScript types that were generated for the built dashboard."""
    return (built_dashboard.parent / "src" / "gql" / "graphql.ts").read_text()


@pytest.fixture
def checkout(npm: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of the dashboard that a test may change."""
    return dashboard.copy_to(tmp_path)


def test_built_page_has_no_inline_style_and_no_foreign_url(built_dashboard: Path) -> None:
    page = (built_dashboard / "index.html").read_text()
    assert '<script type="module"' in page
    assert "<style" not in page
    assert "://" not in page


def test_unchanged_sources_are_not_built_again(built_dashboard: Path) -> None:
    root = built_dashboard.parents[2]
    done = dashboard.run_tool(root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_build_without_npm_reports_it_and_succeeds(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = dashboard.run_tool(ROOT, PATH=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr == "The demo starts without its dashboard: npm is not installed\n"


def test_generated_types_cover_every_operation_without_any(generated_types: str) -> None:
    sources = [path.read_text() for path in (ROOT / DASHBOARD / "operations").glob("*.graphql")]
    operations = re.findall(r"^(?:query|mutation) (\w+)", "\n".join(sources), re.MULTILINE)
    assert len(operations) > 5
    assert [name for name in operations if f"{name}Document" not in generated_types] == []
    assert ": any" not in generated_types


def test_codegen_fails_where_the_schema_lacks_a_field(checkout: Path) -> None:
    schema = checkout.parents[1] / "schema.graphql"
    schema.write_text(schema.read_text().replace("  runtimeSeconds: Float\n", "  lasted: Float\n"))
    done = script(checkout, "codegen")
    assert done.returncode != 0
    assert 'Cannot query field "runtimeSeconds"' in done.stdout + done.stderr


def test_typescript_reports_only_the_use_of_a_field_not_queried(checkout: Path) -> None:
    line = checkout / "operations" / "task_list.graphql"
    line.write_text(line.read_text().replace("  queuedSeconds\n", ""))
    assert script(checkout, "codegen").returncode == 0
    errors = script(checkout, "check").stdout.splitlines()
    assert errors
    assert [error for error in errors if "Property 'queuedSeconds' does not exist" not in error] == []


def test_lint_passes_and_reports_an_unknown_field(checkout: Path) -> None:
    wrong = checkout / "operations" / "wrong.graphql"
    wrong.write_text("query Wrong { nope }\n")
    results = json.loads(script(checkout, "lint", "--format", "json").stdout)
    found = {
        Path(result["filePath"]).name: [message["message"] for message in result["messages"]] for result in results
    }
    assert 'Cannot query field "nope"' in found.pop("wrong.graphql")[0]
    assert len(found) == len(list((ROOT / DASHBOARD / "operations").iterdir())) + 1
    assert [messages for messages in found.values() if messages] == []
