"""Conditions over arguments, results, meta and tracebacks that never match what is not shown.

A database cannot redact, so rows whose text may hold a secret are left out whole: nobody can guess it letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from django_celery_results import codec
from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput
from django_celery_results.policy import parameters, redaction
from django_celery_results.policy.access import Policy, policy

from . import lookups
from .conditions import all_of, any_of, negate
from .json_filters import JSONFilter
from .operators import Comparison


def outside(column: str, comparison: Comparison) -> Q:
    """The comparison, for rows in whose column nothing is redacted."""
    if not can_filter():
        raise InvalidInput(
            "This service hides values by rules of its own, which a database cannot apply: "
            "filters over args, kwargs, result, meta and traceback are off."
        )
    if isinstance(comparison, JSONFilter):
        return _shown(column, comparison.condition(column))
    asked = ((name, comparison.OPERATORS[name](column, value)) for name, value in comparison.given())
    return all_of(condition if name == "is_null" else _shown(column, condition) for name, condition in asked)


def can_filter() -> bool:
    """Whether a database can tell what is hidden."""
    return type(policy()).redact is Policy.redact


def shown_whole(column: str) -> Q:
    """Rows in whose column nothing is redacted, and whose content is shown at all."""
    return negate(any_of(_hidden(column)))


def _shown(column: str, condition: Q) -> Q:
    """The condition, for rows that are shown whole; what asks nothing tells nothing, and stays as it is."""
    return all_of([condition, shown_whole(column)]) if condition else condition


def _hidden(column: str) -> Iterator[Q]:
    for name in settings().redact_tasks:
        yield lookups.starts_with("task_name", name[:-1]) if name.endswith("*") else lookups.equal("task_name", name)
    if column == "task_args":  # of an unknown task nobody knows which argument is a secret
        yield negate(lookups.one_of("task_name", parameters.tasks_without_secrets()))
    if column != "traceback":
        yield lookups.equal("content_encoding", codec.BINARY)
    yield lookups.matches(column, redaction.marker())
    scheme, at = redaction.URL_MARKER
    yield lookups.contains(column, at) & lookups.matches(column, scheme)
