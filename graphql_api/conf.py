"""Settings of the GraphQL service: the dictionary `GRAPHQL_API` in Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

SETTING = "GRAPHQL_API"
ENGINES = ("strawberry", "graphene")


def _installed_engine() -> str:
    return next((name for name in ENGINES if find_spec(name)), ENGINES[0])


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field per key of `GRAPHQL_API`, in upper case there. Every key is optional."""

    engine: str = field(default_factory=_installed_engine)
    """The library that runs operations: `strawberry` or `graphene`; unless given, the first that is installed."""
    authenticate: str | None = None
    """Dotted path of a function `request -> user | None` for clients that send a token; None leaves it to sessions."""
    login_url: str | None = None
    """Where a browser that is not logged in is sent; None: Django's `LOGIN_URL`."""
    graphiql: bool = True
    """Whether browsers are shown GraphiQL."""
    introspection: bool = True
    """Whether clients may ask for the schema; without it errors suggest no names either."""
    max_body_bytes: int = 1_000_000
    """Size of a request's body."""
    max_document_bytes: int = 100_000
    """Size of the GraphQL document."""
    max_tokens: int = 4_000
    """Lexical tokens of the document."""
    max_depth: int = 15
    """Levels of fields, fragments followed; introspection has a limit of its own."""
    max_aliases: int = 50
    """Aliases in the whole document."""
    max_directives: int = 50
    """Directives in the whole document."""
    max_fields: int = 5_000
    """Selections of all operations and fragments, each fragment written out where it is spread."""
    max_input_depth: int = 40
    """Levels of lists and objects in arguments and variables."""
    max_variable_values: int = 10_000
    """Values inside all variables."""
    max_cost: int = 20_000
    """Rows an operation may ask for: page sizes, multiplied along nested pages, and what counts and values weigh."""
    max_statement_seconds: float | None = 10.0
    """How long the database may work for one read of a query; None: as long as it takes."""
    max_operation_seconds: float | None = 30.0
    """How long one operation may take in all: reads get what is left of it, mutations do not begin later; None: any."""
    max_response_bytes: int | None = 32 * 1024 * 1024
    """Bytes of all values in one answer, as they are stored: beyond it they are not even loaded; None: any."""
    document_cache_bytes: int = 16_000_000
    """Memory for documents that are kept parsed, once they ran for somebody who may ask them; 0 keeps none."""
    columnwise: bool = True
    """Whether lists of plain fields are completed column by column; the answers are the same, only slower without."""
    slow_operation_seconds: float | None = 1.0
    """Operations that took longer are logged as warnings by `graphql_api.operations`; None: none are."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings as they are now; `override_settings` and pytest-django's fixture are heeded."""
    names = {known.name.upper(): known.name for known in fields(Settings)}
    return Settings(**{names[key]: value for key, value in _given().items() if key in names})


def unknown_keys() -> list[str]:
    """Keys of `GRAPHQL_API` that mean nothing, misspelled ones for example."""
    return sorted(set(_given()) - {known.name.upper() for known in fields(Settings)})


def _given() -> dict[str, Any]:
    given = getattr(django_settings, SETTING, None)
    return given if isinstance(given, dict) else {}  # a system check reports anything else


def _forget(*, setting: str, **_: Any) -> None:
    if setting == SETTING:
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="graphql_api.conf")
