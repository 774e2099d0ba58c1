"""Objects by their global ids: one query for each type, however many ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput, PageTooLarge
from django_celery_results.query import global_ids, groups, operations
from django_celery_results.query.global_ids import GlobalID
from django_celery_results.query.session import Session

_LOADERS: Mapping[str, Callable[[Session, Collection[int]], Mapping[int, Any]]] = {
    "TaskResult": lambda session, pks: session.by_pks(pks),
    "GroupResult": groups.by_pks,
    "Operation": lambda session, pks: operations.by_pks(session.viewer, pks),
}


def find(session: Session, ids: Sequence[str]) -> list[Any]:
    """In the order of the ids; None where there is nothing that the viewer may see."""
    if len(ids) > settings().max_page_size:
        raise PageTooLarge(
            f"`ids` takes at most {settings().max_page_size} here; ask for the others in another request."
        )
    wanted = [global_ids.decode(text) for text in ids]
    found = _load(session, wanted)
    return [found[one.type_name].get(one.pk) for one in wanted]


def _load(session: Session, wanted: Sequence[GlobalID]) -> dict[str, Mapping[int, Any]]:
    pks: dict[str, set[int]] = defaultdict(set)
    for one in wanted:
        if one.type_name not in _LOADERS:
            raise InvalidInput(
                f"There are no objects of type {one.type_name} here; take an id from a field named `id`."
            )
        pks[one.type_name].add(one.pk)
    return {name: _LOADERS[name](session, found) for name, found in pks.items()}
