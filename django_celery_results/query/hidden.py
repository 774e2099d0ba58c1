"""Conditions over arguments, results, meta and tracebacks that never match what redaction hides.

A database cannot redact, so rows whose text names a secret are left out whole: nobody can guess them letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db.models import Q

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput
from django_celery_results.policy import redaction
from django_celery_results.policy.access import Policy, policy

from . import lookups
from .conditions import all_of, any_of, negate
from .json_filters import JSONFilter
from .operators import Comparison

_PIECES = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]")


def outside(column: str, comparison: Comparison) -> Q:
    """The comparison, for rows in whose column nothing is redacted."""
    if type(policy()).redact is not Policy.redact:
        raise InvalidInput(
            "This service hides values by rules of its own, which a database cannot apply: "
            "filters over args, kwargs, result, meta and traceback are off."
        )
    if isinstance(comparison, JSONFilter):
        return _clean(column, comparison.condition(column))
    asked = ((name, comparison.OPERATORS[name](column, value)) for name, value in comparison.given())
    return all_of(condition if name == "is_null" else _clean(column, condition) for name, condition in asked)


def _clean(column: str, condition: Q) -> Q:
    """The condition, for rows without a secret; what asks nothing tells nothing, and stays as it is."""
    return all_of([condition, negate(any_of([*_hidden_tasks(), *_markers(column)]))]) if condition else condition


def _markers(column: str) -> Iterator[Q]:
    for parts in redaction.markers():
        yield all_of(_in_any_case(column, piece) for part in parts for piece in _PIECES.findall(part))


def _in_any_case(column: str, piece: str) -> Q:
    # SQLite, and PostgreSQL in the locale C, know the cases of ASCII only.
    forms = [piece] if piece.isascii() else dict.fromkeys((piece.lower(), piece.upper()))
    return any_of(lookups.i_contains(column, form) for form in forms)


def _hidden_tasks() -> Iterator[Q]:
    for name in settings().redact_tasks:
        yield lookups.starts_with("task_name", name[:-1]) if name.endswith("*") else lookups.equal("task_name", name)
