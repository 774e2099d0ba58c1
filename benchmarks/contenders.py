"""Who is measured: our store, the 2.x package in an environment of its own, and Celery's Redis backend.

Each runs in processes of its own, told apart by the interpreter and the environment variables of `project/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path

import celery
import django

PROJECT = Path(__file__).parent / "project"
CACHE = Path(__file__).parent / "results"
OURS, OLD = f"bench_ours_{os.getpid()}", f"bench_old_{os.getpid()}"
"""Names of databases; two runs on one machine do not meet."""
OLD_PACKAGE = "django-celery-results==2.6.0"
OLD_REQUIREMENTS = (OLD_PACKAGE, "psycopg[binary]>=3.2", "PyMySQL>=1.1.1", "celery[redis]")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One column of the table."""

    name: str
    python: str = sys.executable
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        """Only the project is on the path: `django_celery_results` is whatever the interpreter has installed."""
        return {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "DJANGO_SETTINGS_MODULE": "bench_settings",
            "C_FORCE_ROOT": "1",
            **self.env,
            **more,
        }

    def run(self, *arguments: str, **env: str) -> str:
        """Standard output of `python ARGUMENTS` in the contender's environment."""
        ended = subprocess.run(
            [self.python, *arguments], cwd=PROJECT, env=self.environment(**env), capture_output=True, text=True
        )
        if ended.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(arguments)}\n{ended.stderr}")
        return ended.stdout


def ours(name: str = "ours", *, conn_max_age: int = 600, **env: str) -> Contender:
    return Contender(name=name, env={"BENCH_DATABASE": OURS, "BENCH_CONN_MAX_AGE": str(conn_max_age), **env})


def old(name: str = "2.6.0", *, conn_max_age: int = 600, **env: str) -> Contender:
    return Contender(
        name=name,
        python=old_python(),
        env={"BENCH_DATABASE": OLD, "BENCH_CONN_MAX_AGE": str(conn_max_age), **env},
    )


def redis(name: str = "Celery's Redis backend") -> Contender:
    return Contender(name=name, env={"BENCH_BACKEND": "redis://127.0.0.1:6379/12", "BENCH_DATABASE": OURS})


def disabled() -> Contender:
    return Contender(name="results disabled", env={"BENCH_BACKEND": "disabled", "BENCH_DATABASE": OURS})


def old_python() -> str:
    """Interpreter of an environment that holds the 2.x package."""
    return environment_with("old", OLD_REQUIREMENTS)


def environment_with(name: str, requirements: tuple[str, ...]) -> str:
    """Interpreter of an environment of its own, made at the first call, with our versions of Django and Celery."""
    python = CACHE / name / "bin" / "python"
    if not python.exists():
        venv.create(python.parent.parent, with_pip=True)
        pins = [f"celery=={celery.__version__}", f"Django=={django.__version__}"]
        subprocess.run([str(python), "-m", "pip", "install", "-q", *requirements, *pins], check=True)
    return str(python)
