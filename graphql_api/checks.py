"""System checks of the GraphQL service: settings that mean nothing, and what it cannot run without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import metadata
from importlib.util import find_spec
from typing import Any, get_args, get_type_hints

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Info, Warning, register  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from .conf import ENGINES, SETTING, Settings, settings, unknown_keys

_ABOVE_ZERO = ("MAX_STATEMENT_SECONDS", "MAX_OPERATION_SECONDS", "MAX_RESPONSE_BYTES")
"""Limits of which 0 would refuse everything, or which databases take as none at all."""


def connect() -> None:
    """Register the checks; once the apps are loaded."""
    register(check_settings, "graphql_api")
    register(check_engine, "graphql_api")
    register(check_store, "graphql_api")
    register(check_authenticate, "graphql_api")
    register(check_both, "graphql_api")


def check_settings(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Every key of `GRAPHQL_API` is known, and its value is of the right type."""
    given = getattr(django_settings, SETTING, None)
    if given is not None and not isinstance(given, dict):
        hint = "Write GRAPHQL_API = {'GRAPHIQL': False, ...}."
        return [Error("GRAPHQL_API is not a dictionary.", hint=hint, id="graphql_api.E006")]
    known = [name.upper() for name in Settings.__dataclass_fields__]
    unknown: list[CheckMessage] = [
        Error(f"GRAPHQL_API has an unknown key {key!r}.", hint=_hint(key, known), id="graphql_api.E001")
        for key in unknown_keys()
    ]
    return [*unknown, *_wrong_values(given or {})]


def _wrong_values(given: dict[str, Any]) -> Iterator[CheckMessage]:
    for name, wanted in get_type_hints(Settings).items():
        key = name.upper()
        value = given.get(key)
        if key in given and not _fits(value, wanted):
            yield _wrong(key, value, f"of the type {Settings.__dataclass_fields__[name].type}")
        elif isinstance(value, int | float) and (value < 0 or (value == 0 and key in _ABOVE_ZERO)):
            yield _wrong(key, value, "more than 0, or None" if key in _ABOVE_ZERO else "0 or more")


def _fits(value: Any, wanted: Any) -> bool:
    """As a type checker would say it: a whole number passes for a float, True for no number."""
    kinds = get_args(wanted) or (wanted,)
    if isinstance(value, bool):
        return bool in kinds
    return isinstance(value, (*kinds, int) if float in kinds else kinds)


def _wrong(key: str, value: Any, wanted: str) -> CheckMessage:
    return Error(f"GRAPHQL_API[{key!r}] is {value!r}.", hint=f"{key} must be {wanted}.", id="graphql_api.E006")


def check_engine(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """The engine's room exists, and its library is installed."""
    name = settings().engine
    if name not in ENGINES:
        hint = 'Leave ENGINE out of GRAPHQL_API, or set it to "strawberry" or "graphene".'
        return [Error(f"GRAPHQL_API names an unknown engine {name!r}.", hint=hint, id="graphql_api.E002")]
    if find_spec(name) is None:
        hint = (
            f'Install the extra "{name}": pip install "django-celery-results[{name}]" from where you got this package.'
        )
        return [
            Error(
                f"The GraphQL engine needs a library that is not installed: {name}.", hint=hint, id="graphql_api.E003"
            )
        ]
    return []


def check_store(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """What the service asks is installed."""
    if apps.is_installed("django_celery_results"):
        return []
    hint = 'Add "django_celery_results" to INSTALLED_APPS.'
    return [Error("The GraphQL service needs django_celery_results.", hint=hint, id="graphql_api.E004")]


def check_authenticate(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """The hook for tokens can be imported: found out at the start, not by the first client."""
    path = settings().authenticate
    try:
        if path is None or callable(import_string(str(path))):
            return []
    except ImportError:
        pass
    hint = 'Give the dotted path of a function, such as "accounts.tokens.user_of".'
    return [Error(f"AUTHENTICATE in GRAPHQL_API names no function: {path!r}.", hint=hint, id="graphql_api.E005")]


def check_both(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Both libraries live together on graphql-core 3.2 only, which holds strawberry back."""
    if not (find_spec("strawberry") and find_spec("graphene")):
        return []
    versions = {name: _version(name) for name in ("graphql-core", "strawberry-graphql", "strawberry-graphql-django")}
    if not versions["graphql-core"].startswith("3.2."):
        hint = "Uninstall graphene and graphene-django, or install both extras anew and let pip choose the versions."
        message = f"graphene needs graphql-core 3.2; {versions['graphql-core']} is installed."
        return [Warning(message, hint=hint, id="graphql_api.W001")]
    hint = (
        "Nothing is wrong. For newer versions of strawberry uninstall graphene and graphene-django; else silence this."
    )
    held = ", ".join(f"{name} {version}" for name, version in versions.items())
    message = (
        "strawberry and graphene are both installed. graphene needs graphql-core 3.2, and no strawberry-graphql after "
        f"0.327.7 and strawberry-graphql-django after 0.91.0 works with that. Installed: {held}."
    )
    return [Info(message, hint=hint, id="graphql_api.I001")]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "none"


def _hint(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(str(key).upper(), known, n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it."
