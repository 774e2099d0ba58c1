"""Comparisons of primary keys, as global ids name rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from django_celery_results.exceptions import InvalidInput

from .conditions import NOTHING, negate
from .operators import MAX_VALUES, Comparison

_MAX_KEY = 1 << 62


def _keys(column: str, keys: tuple[int, ...]) -> Q:
    if len(keys) > MAX_VALUES:
        raise InvalidInput(f"A list to compare with may have {MAX_VALUES} entries; this one has {len(keys)}.")
    known = [key for key in keys if key < _MAX_KEY]
    return Q(**{f"{column}__in": known}) if known else NOTHING


@dataclass(frozen=True, kw_only=True)
class KeyFilter(Comparison):
    """Primary keys."""

    eq: int | None = None
    in_: tuple[int, ...] | None = None
    not_in: tuple[int, ...] | None = None

    OPERATORS = {
        "eq": lambda column, key: _keys(column, (key,)),
        "in_": _keys,
        "not_in": lambda column, keys: negate(_keys(column, keys)),
    }
