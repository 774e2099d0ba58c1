"""The README, and the quick start: followed to the letter in an empty folder, with a real worker and web server."""

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from demo.client import Client

from tests.programs import ROOT, run, started

pytestmark = pytest.mark.once

README = (ROOT / "README.md").read_text()
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("examples/*/*.md")]
)
QUICK_START = (ROOT / "docs" / "quick-start.md").read_text()
BLOCK = re.compile(r"(?P<lead>[^\n]*)\n\n```(?P<language>\w+)\n(?P<code>.*?)```", re.DOTALL)
BACKGROUND = {"worker": r" ready\.", "runserver": r"Starting development server at (\S+)"}


def blocks(language: str) -> list[tuple[str, str]]:
    """The line before each block of a language, and its code."""
    found = BLOCK.finditer(QUICK_START)
    return [(block["lead"], block["code"]) for block in found if block["language"] == language]


class Reader:
    """Somebody who does what the page says, in an empty folder."""

    def __init__(self, folder: Path, broker: str, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.environment = {"BROKER_URL": broker, "DJANGO_COLORS": "nocolor"}
        self.printed: list[str] = []
        self.url = ""

    def follow(self) -> None:
        for block in BLOCK.finditer(QUICK_START):
            if block["language"] == "python":
                self.add(block["lead"], block["code"])
            elif block["language"] == "bash":
                self.type(block["code"].strip())

    def add(self, lead: str, code: str) -> None:
        path = re.search(r"[Aa]dd to `([^`]+)`", lead)
        assert path, f"the page does not say where this goes: {lead}"
        with (self.folder / path[1]).open("a") as file:
            file.write("\n" + code)

    def type(self, line: str) -> None:
        kind = next((name for name in BACKGROUND if f" {name}" in line), None)
        if kind == "runserver":
            line += " --noreload 0"
        if kind is None:
            done = run("sh", "-c", line, cwd=self.folder, **self.environment)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            self.printed.append(done.stdout.strip())
            return
        program = self.stack.enter_context(started(*shlex.split(line), cwd=self.folder, **self.environment))
        found = program.until(BACKGROUND[kind])
        self.url = found[1] if kind == "runserver" else self.url


@pytest.fixture
def reader(tmp_path: Path, embedded_broker: str) -> Iterator[Reader]:
    with ExitStack() as stack:
        reader = Reader(tmp_path, embedded_broker, stack)
        yield reader


def test_the_quick_start_leads_to_a_stored_result_and_its_query(reader: Reader) -> None:
    reader.follow()
    assert any(printed.endswith("\n2.0") for printed in reader.printed), reader.printed
    client = Client(reader.url)
    client.login("admin", "choose-one")
    query, retry = [code for _, code in blocks("graphql")]
    (node,) = client.run(query)["taskResults"]["nodes"]
    assert (node["taskName"], node["state"]) == ("proj.celery.divide", "SUCCESS")
    answer = client.run(retry)["bulkRetryTasks"]
    assert (answer["doneCount"], answer["errors"]) == (1, [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_links_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"""\]\(([^)]+)\)|(?:src|srcset)="([^"]+)\"""", page.read_text())
    paths = [(link or image).partition("#")[0] for link, image in links if not link.startswith("https:")]
    assert [path for path in paths if not (page.parent / path).exists()] == []


def test_the_readme_stays_short() -> None:
    shown = re.sub(r"\]\([^)]+\)|<!--.*?-->", "]", README)
    assert len([word for word in shown.split() if re.search(r"\w", word)]) < 900


def test_the_commands_of_the_readme_are_verbs_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text()))
    assert {verb for verb in verbs if f"\n{verb}:" not in makefile} == set()
