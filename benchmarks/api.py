"""Our GraphQL service beside stock strawberry-django, stock graphene-django, a hand-written view and the raw driver.

All answer the same three operations over the same table, in process through Django's test client; answers are
compared, so that nobody is fast by answering less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    "psycopg[binary]>=3.2",
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


def run(*, rounds: int, tasks: int = 200_000, repetitions: int = 30) -> list[dict[str, Any]]:
    with database():
        ask("json", "seed.py", str(tasks))
        return _measured(rounds, repetitions)


@contextmanager
def database() -> Iterator[None]:
    """An empty database that every contender reads."""
    subprocess.run(["dropdb", "-h", "127.0.0.1", "-U", "root", "--if-exists", "--force", DATABASE], check=True)
    subprocess.run(["createdb", "-h", "127.0.0.1", "-U", "root", DATABASE], check=True)
    try:
        yield
    finally:
        subprocess.run(["dropdb", "-h", "127.0.0.1", "-U", "root", "--force", DATABASE], check=True)


def _measured(rounds: int, repetitions: int) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, list[float]]] = {}
    answers: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for name in TITLES:
            for title, figure in json.loads(ask(name, "probe_api.py", str(repetitions))).items():
                seen.setdefault(title, {}).setdefault(name, []).append(figure["median"])
                answers.setdefault(title, {})[name] = figure["answer"]
    for title, by_name in answers.items():
        for name, answer in by_name.items():
            if _comparable(answer) != _comparable(by_name["json"]):
                raise AssertionError(f"{title}: {name} answers otherwise than the hand-written view")
    return [
        table(
            title,
            "ms",
            [Figures(contender=TITLES[name], values=tuple(values)) for name, values in by_name.items()],
            more_is_better=False,
        )
        for title, by_name in seen.items()
    ]


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
