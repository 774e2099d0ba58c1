"""`manage.py export_graphql_schema`: writes the schema that clients generate their types from, or checks the file."""

from __future__ import annotations

from argparse import ArgumentParser
from difflib import unified_diff
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graphql_api.conf import settings


class Command(BaseCommand):
    help = "Write the GraphQL schema to a file, or with --check compare it with the file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", default="schema.graphql", help='The file; "-" is standard output.')
        parser.add_argument("--check", action="store_true", help="Write nothing; fail where the file differs.")

    def handle(self, *args: Any, path: str, check: bool, **options: Any) -> None:
        text: str = import_module(f"graphql_api.{settings().engine}.schema").printed()
        if check:
            self._compare(Path(path), text)
        elif path == "-":
            self.stdout.write(text, ending="")
        else:
            Path(path).write_text(text, encoding="utf-8")
            self.stdout.write(f"Wrote {path}.")

    def _compare(self, path: Path, text: str) -> None:
        stored = path.read_text(encoding="utf-8") if path.exists() else ""
        if stored == text:
            self.stdout.write(f"{path} is up to date.")
            return
        difference = unified_diff(stored.splitlines(True), text.splitlines(True), str(path), "the schema as it is", n=1)
        self.stderr.write("".join(difference), ending="")
        raise CommandError(f"{path} is out of date. Run this command again without --check.")
