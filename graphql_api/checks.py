"""System checks of the GraphQL service: settings that mean nothing, and what it cannot run without."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Info, Warning, register  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from .conf import Settings, settings, unknown_keys


def connect() -> None:
    """Register the checks; once the apps are loaded."""
    register(check_settings, "graphql_api")
    register(check_engine, "graphql_api")
    register(check_store, "graphql_api")
    register(check_authenticate, "graphql_api")
    register(check_both, "graphql_api")


def check_settings(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Every key of `GRAPHQL_API` is known."""
    known = [name.upper() for name in Settings.__dataclass_fields__]
    return [
        Error(f"GRAPHQL_API has an unknown key {key!r}.", hint=_hint(key, known), id="graphql_api.E001")
        for key in unknown_keys()
    ]


def check_engine(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """The engine's room exists, and its library is installed."""
    name = settings().engine
    if not name.isidentifier() or find_spec(f"graphql_api.{name}") is None:
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
        if path is None or callable(import_string(path)):
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
