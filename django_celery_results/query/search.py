"""Words to search tasks for: `mail "two words" -worker:old args:42`.

A bare word is looked for in names, ids, worker, queue and error type, which whoever sees the row sees too. What needs
a further permission is searched only where its field is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Q

from django_celery_results.exceptions import InvalidInput

from . import hidden, lookups
from .conditions import all_of, any_of, negate
from .operators import StringFilter, checked_text

MAX_TEXT = 500
MAX_TERMS = 10

COLUMNS: Mapping[str, str] = {
    "id": "task_id",
    "name": "task_name",
    "periodic": "periodic_task_name",
    "status": "status",
    "worker": "worker",
    "queue": "queue",
    "group": "group_id",
    "root": "root_id",
    "parent": "parent_id",
    "error": "error_type",
    "args": "task_args",
    "kwargs": "task_kwargs",
    "result": "result",
    "traceback": "traceback",
}
"""What a term may name."""
PAYLOADS = ("args", "kwargs", "result", "traceback")
ANYWHERE = ("id", "name", "periodic", "worker", "queue", "error")
_TERM = re.compile(r'(?P<no>-?)(?:(?P<field>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<word>[^\s"]\S*))')


@dataclass(frozen=True, kw_only=True)
class Term:
    """One word, and where it stands or must not stand."""

    text: str
    field: str | None = None
    is_negated: bool = False

    def condition(self) -> Q:
        found = any_of(_in(field, self.text) for field in ((self.field,) if self.field else ANYWHERE))
        return negate(found) if self.is_negated else found


def terms(text: str) -> tuple[Term, ...]:
    """The words of a search; all must hold."""
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"A search may have {MAX_TEXT} characters; this one has {len(text)}.")
    found = tuple(_terms(checked_text(text)))
    if not 0 < len(found) <= MAX_TERMS:
        raise InvalidInput(f"A search has 1 to {MAX_TERMS} words; leave it out to see everything.")
    return found


def condition(text: str) -> Q:
    """Rows in which every word stands, in any case."""
    return all_of(term.condition() for term in terms(text))


def fields(text: str) -> frozenset[str]:
    """The fields that a search names, for their permissions."""
    return frozenset(term.field for term in terms(text) if term.field)


def _terms(text: str) -> Iterator[Term]:
    for match in _TERM.finditer(text):
        field, quoted, word = match["field"], match["quoted"], match["word"]
        if field and field not in COLUMNS:  # an id or a name may hold a colon
            field, word = None, f"{field}:{quoted if word is None else word}"
            quoted = None
        said = word if quoted is None else quoted
        if said:
            yield Term(text=said, field=field, is_negated=bool(match["no"]))


def _in(field: str, text: str) -> Q:
    column = COLUMNS[field]
    if field in PAYLOADS:
        return hidden.outside(column, StringFilter(i_contains=text))
    return lookups.i_contains(column, text)
