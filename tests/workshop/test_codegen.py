"""A frontend's tools accept the schema and the dashboard's operations: code generation, TypeScript, GraphQL lint."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.transport.node import install
from tests.workshop.programs import ROOT

pytestmark = pytest.mark.once

DASHBOARD = Path("examples/dashboard")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboard and the schema as in a checkout, with the packages of the lock file."""
    packages = install(ROOT / DASHBOARD) / "node_modules"
    root = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("node_modules", "gql")
    shutil.copytree(ROOT / DASHBOARD, root / DASHBOARD, ignore=ignored)
    shutil.copy(ROOT / "schema.graphql", root)
    (root / DASHBOARD / "node_modules").symlink_to(packages)
    return root


def script(checkout: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["npm", "run", "--silent", name, "--", *arguments]
    return subprocess.run(
        command, cwd=checkout / DASHBOARD, capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def generated(checkout: Path) -> Path:
    done = script(checkout, "codegen")
    assert done.returncode == 0, done.stdout + done.stderr
    return checkout / DASHBOARD / "src" / "gql"


def test_every_operation_gets_its_types_and_nothing_is_any(generated: Path) -> None:
    text = (generated / "graphql.ts").read_text()
    operations = [path.stem for path in (ROOT / DASHBOARD / "operations").glob("*.graphql")]
    assert len(operations) > 5
    assert "TaskListDocument" in text
    assert "BulkRetryTasksInput" in text
    assert ": any" not in text


def test_typescript_is_satisfied_and_catches_a_wrong_field(checkout: Path, generated: Path) -> None:
    source = generated.parent / "ask.ts"
    wrong = "\n// @ts-expect-error there is no such field\nexport const wrong = (line: TaskLine): string => line.nope\n"
    source.write_text(source.read_text() + wrong)
    done = script(checkout, "check")
    assert done.returncode == 0, done.stdout


def test_the_rules_pass_and_catch_what_the_schema_does_not_know(checkout: Path) -> None:
    wrong = checkout / DASHBOARD / "operations" / "wrong.graphql"
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
