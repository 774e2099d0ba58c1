"""Secrets among positional arguments: the task's own signature says which of them has a telling name."""

from __future__ import annotations

import re
from typing import Any

from django_celery_results.registered_tasks import Parameters, parameters_of, registered_parameters

from .secret_names import SecretNames, hides, secret_names

_TOKEN = re.compile(
    r"""(?:[bBuUrR]{1,2}(?=["']))?(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")|[\w.+\-:\s]++|(?P<bracket>[\[({\])}])|,""",
    re.ASCII | re.DOTALL,
)
"""What literals consist of."""


def hide(value: Any, task_name: str | None, hidden: str) -> tuple[Any, bool]:
    """Replace the positional arguments that the task's signature names a secret.

    Args:
        value: The arguments as a list, or the text that stands for them where they could not be decoded.
        task_name: The task; of one that this process has not registered, nothing is known.
        hidden: What is shown in the place of a secret.

    Returns:
        The arguments as they may be shown, and whether any of them was hidden.
    """
    parameters = parameters_of(task_name)
    names = secret_names()
    if parameters is None or not has_secret(names, parameters):
        return value, False
    if isinstance(value, str):
        return _hide_in_text(value, names, parameters, hidden)
    if not isinstance(value, list | tuple):
        return hidden, True
    return _hide_each(value, names, parameters, hidden)


def hide_for_any_task(value: list[Any] | tuple[Any, ...], hidden: str) -> tuple[Any, bool]:
    """Replace what any registered task would name a secret: arguments for tasks that nobody knows yet."""
    names, changed = secret_names(), False
    for parameters in registered_parameters().values():
        value, in_this = _hide_each(value, names, parameters, hidden)
        changed = changed or in_this
    return value, changed


def tasks_without_secrets() -> list[str]:
    """Return the names of the registered tasks of which no positional argument is a secret."""
    names = secret_names()
    return [task for task, known in registered_parameters().items() if not has_secret(names, known)]


def has_secret(names: SecretNames, parameters: Parameters) -> bool:
    """Return whether a positional argument of such a task may be a secret."""
    return any(_is_secret(names, name) for name in (*parameters.positional, parameters.rest or ""))


def _is_secret(names: SecretNames, name: str) -> bool:
    """Whether a parameter's name announces a secret; a `signature` among arguments is one of Celery's more often."""
    strength = names.strength(name)
    return strength == "strong" or (strength == "weak" and "signature" not in name.lower())


def _hide_each(
    value: list[Any] | tuple[Any, ...], names: SecretNames, parameters: Parameters, hidden: str
) -> tuple[list[Any], bool]:
    named = zip((parameters.name_at(place) for place in range(len(value))), value, strict=True)
    shown = [hidden if _is_secret(names, name) and hides(names, name, item) else item for name, item in named]
    return shown, any(after is not before for after, before in zip(shown, value, strict=True))


def _hide_in_text(text: str, names: SecretNames, parameters: Parameters, hidden: str) -> tuple[str, bool]:
    """The text up to its first secret, or up to where it is no list of literals: nothing tells what comes then."""
    stripped = text.lstrip()
    if not stripped.startswith(("(", "[")):
        return hidden, True
    start = position = len(text) - len(stripped) + 1
    depth = place = 0
    while not _is_secret(names, parameters.name_at(place)):
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position = token.end()
        if token["bracket"]:
            depth += 1 if token["bracket"] in "[({" else -1
            if depth < 0:
                return text, False
        elif token[0] == "," and not depth:
            place, start = place + 1, position
    if not depth and text[start:].lstrip().startswith((")", "]")):  # the comma after a single argument
        return text, False
    return f"{text[:start]}{hidden}", True
