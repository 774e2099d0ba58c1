"""docs/quick-start.md works when it is followed to the letter in an empty folder, with a real worker and web server."""

import re
import shlex
from contextlib import ExitStack
from pathlib import Path

import pytest
from demo.client import Client

from tests.programs import ROOT, run, started

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

PAGE = (ROOT / "docs" / "quick-start.md").read_text()
BLOCK = re.compile(r"(?P<lead>[^\n]*)\n\n```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL)
IN_BACKGROUND = {"worker": r" ready\.", "runserver": r"Starting development server at (\S+)"}
"""Commands that go on running, and what each prints when it is ready."""


class QuickStart:
    """A project that is made by doing what the page says, block by block."""

    def __init__(self, folder: Path, broker: str, programs: ExitStack) -> None:
        self.folder = folder
        self.programs = programs
        self.environment = {"BROKER_URL": broker, "DJANGO_COLORS": "nocolor"}
        self.printed: list[str] = []
        self.url = ""
        for block in BLOCK.finditer(PAGE):
            if block["language"] == "python":
                self.add_to_file(block["lead"], block["code"])
            elif block["language"] == "bash":
                self.run_command(block["code"].strip())

    def add_to_file(self, lead: str, code: str) -> None:
        path = re.search(r"[Aa]dd to `([^`]+)`", lead)
        assert path, f"the page does not say where this goes: {lead}"
        with (self.folder / path[1]).open("a") as file:
            file.write("\n" + code)

    def run_command(self, line: str) -> None:
        name = next((name for name in IN_BACKGROUND if f" {name}" in line), None)
        if name is None:
            done = run("sh", "-c", line, cwd=self.folder, **self.environment)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            self.printed.append(done.stdout.strip())
            return
        if name == "runserver":
            line += " --noreload 0"
        program = self.programs.enter_context(started(*shlex.split(line), cwd=self.folder, **self.environment))
        ready = program.until(IN_BACKGROUND[name])
        if name == "runserver":
            self.url = ready[1]


def test_quick_start_stores_a_result_and_retries_it_over_graphql(tmp_path: Path, broker: str) -> None:
    query, retry = [block["code"] for block in BLOCK.finditer(PAGE) if block["language"] == "graphql"]
    with ExitStack() as programs:
        project = QuickStart(tmp_path, broker, programs)
        assert any(printed.endswith("\n2.0") for printed in project.printed), project.printed
        client = Client(project.url)
        client.login("admin", "choose-one")
        (node,) = client.run(query)["taskResults"]["nodes"]
        assert (node["taskName"], node["state"]) == ("proj.celery.divide", "SUCCESS")
        answer = client.run(retry)["bulkRetryTasks"]
        assert (answer["doneCount"], answer["errors"]) == (1, [])
