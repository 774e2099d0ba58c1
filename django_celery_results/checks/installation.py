"""Whether the packages that Python imports are those of this distribution."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps

import django_celery_results

from .messages import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage

_DISTRIBUTION = "django-celery-results"


def check_installation(**_: Any) -> list[CheckMessage]:
    return [*_foreign_packages(), *_two_distributions()]


def _foreign_packages() -> Iterator[CheckMessage]:
    """The public index has another package with the import name `graphql_api`."""
    if not apps.is_installed("graphql_api"):
        return
    theirs = Path(apps.get_app_config("graphql_api").path).resolve()
    ours = Path(django_celery_results.__file__).resolve().parent.parent / "graphql_api"
    if theirs != ours:
        hint = "Run `pip uninstall graphql-api`, then install this package again."
        yield error(7, f"`graphql_api` is imported from {theirs}, which is not part of this package.", hint)


def _two_distributions() -> Iterator[CheckMessage]:
    found = {f"{each.name} {each.version}" for each in distributions() if _is_named_like_us(each)}
    claims = {(entry.name, entry.value) for entry in entry_points(group="celery.result_backends")}
    names = [name for name, _ in claims if name in ("django-db", "django-cache")]
    if len(found) > 1 or len(names) > len(set(names)):
        text = f"More than one distribution provides these result backends: {', '.join(sorted(found))}."
        hint = "Run `pip uninstall django-celery-results` until it finds none, then install this package again."
        yield error(8, text, hint)


def _is_named_like_us(distribution: Distribution) -> bool:
    return (distribution.name or "").lower().replace("_", "-").replace(".", "-") == _DISTRIBUTION
