"""Reads the examples of `redaction_corpus`, in which secrets stand between marks."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

SECRET = re.compile("«(.*?)»|«(.*)")


def secrets_of(example: str) -> list[str]:
    return [found[1] or found[2] for found in SECRET.finditer(example)]


def text_of(example: str) -> str:
    return example.replace("«", "").replace("»", "")


def decoded(text: str) -> Iterator[Any]:
    """Return what the text stands for, as JSON and as a Python literal."""
    for decode in (json.loads, ast.literal_eval):
        try:
            yield decode(text)
        except (ValueError, SyntaxError):
            continue
