"""Two-valued logic over `Q`, in which the empty `Q` is true and `NOTHING` false, however they came about."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

EVERYTHING = Q()
NOTHING = Q(pk__in=[])


def all_of(conditions: Iterable[Q]) -> Q:
    """True where every condition is."""
    found = EVERYTHING
    for condition in conditions:
        if condition == NOTHING:
            return NOTHING
        found &= condition
    return found


def any_of(conditions: Iterable[Q]) -> Q:
    """True where one condition is; an empty `Q` among them makes all of it true, which plain `|` forgets."""
    found = NOTHING
    for condition in conditions:
        if not condition:
            return EVERYTHING
        if condition != NOTHING:
            found = condition if found is NOTHING else found | condition
    return found


def negate(condition: Q) -> Q:
    """The complement. Conditions over nullable columns guard themselves, so that rows without a value count."""
    if condition == NOTHING:
        return EVERYTHING
    return ~condition if condition else NOTHING
