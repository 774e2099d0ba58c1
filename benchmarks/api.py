"""Our GraphQL service beside stock strawberry-django, stock graphene-django, a hand-written view and the raw driver.

All answer the same three operations over the same table, in process through Django's test client; answers are
compared, so that nobody is fast by answering less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .contenders import environment_with
from .report import Figures, table

PROJECT = Path(__file__).parent / "api_project"
ROOT = Path(__file__).parent.parent
DATABASE = "bench_api"
GRAPHENE = (
    "graphene-django>=3.2.3",
    "graphene>=3.4.3",
    "celery",
    "psycopg[binary,pool]>=3.2",
    "orjson",
    "gunicorn>=23",
    "uvicorn>=0.34",
)
TITLES = {
    "ours": "ours",
    "ours_graphene": "ours, its graphene engine",
    "json": "hand-written JSON view",
    "raw": "raw driver + orjson",
    "strawberry": "stock strawberry-django",
    "graphene": "stock graphene-django",
}


OPERATIONS = {"A": "page of 100", "B": "one by id", "C": "20 groups x 20 tasks"}


def run(*, rounds: int, tasks: int = 200_000, repetitions: int = 5) -> list[dict[str, Any]]:
    with database(), ExitStack() as running:
        ask("json", "seed.py", str(tasks))
        probes = {name: running.enter_context(_probe(name, repetitions)) for name in TITLES}
        return [_measured(operation, probes, rounds) for operation in OPERATIONS]


@contextmanager
def database() -> Iterator[None]:
    """An empty database that every contender reads."""
    subprocess.run(["dropdb", "-h", "127.0.0.1", "-U", "root", "--if-exists", "--force", DATABASE], check=True)
    subprocess.run(["createdb", "-h", "127.0.0.1", "-U", "root", DATABASE], check=True)
    try:
        yield
    finally:
        subprocess.run(["dropdb", "-h", "127.0.0.1", "-U", "root", "--force", DATABASE], check=True)


@contextmanager
def _probe(contender: str, repetitions: int) -> Iterator[Callable[[str], dict[str, Any]]]:
    """A process that answers for the contender, and stays: all are alive at once, and are asked in turn."""
    command = [python(contender), "probe_api.py", str(repetitions)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=environment(contender), **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines, answers = process.stdin, process.stdout

        def ask(operation: str) -> dict[str, Any]:
            print(operation, file=lines, flush=True)
            found: dict[str, Any] = json.loads(answers.readline())
            return found

        yield ask


def _measured(operation: str, probes: dict[str, Callable[[str], dict[str, Any]]], rounds: int) -> dict[str, Any]:
    seen: dict[str, list[float]] = {name: [] for name in probes}
    answers: dict[str, Any] = {}
    for number in range(rounds + 1):
        for name, probe in probes.items():
            found = probe(operation)
            answers[name] = found["answer"]
            if number:  # the first one warms
                seen[name].append(min(found["times"]))
    for name, answer in answers.items():
        if _comparable(answer) != _comparable(answers["json"]):
            raise AssertionError(f"{operation}: {name} answers otherwise than the hand-written view")
    figures = [Figures(contender=TITLES[name], values=tuple(values)) for name, values in seen.items()]
    # Others use this machine too: what a repetition costs is what the fastest of a few says.
    return table(f"{operation}: {OPERATIONS[operation]}", "ms, the least of each round", figures, more_is_better=False)


def _comparable(value: Any) -> Any:
    """Moments in one spelling, tasks of a group in one order: engines may differ in those."""
    if isinstance(value, dict):
        return {key: _comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_comparable(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value.replace("Z", "+00:00") if isinstance(value, str) and value.startswith("20") else value


def ask(contender: str, script: str, *arguments: str) -> str:
    """What a script of `api_project` prints where this contender answers."""
    return subprocess.run(
        [python(contender), script, *arguments],
        cwd=PROJECT,
        env=environment(contender),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def python(contender: str) -> str:
    """The interpreter of its environment."""
    return environment_with("graphene", GRAPHENE) if contender.endswith("graphene") else sys.executable


def environment(contender: str) -> dict[str, str]:
    """Our engine is the one that the environment has."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "api_settings",
        "API_CONTENDER": contender.removesuffix("_graphene"),
        "BENCH_DATABASE": DATABASE,
    }
