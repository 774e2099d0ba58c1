"""What an order said, as its record tells it to clients: in the words in which they give orders."""

from __future__ import annotations

from typing import Any

from django_celery_results.models import Operation
from django_celery_results.query import global_ids, operations
from django_celery_results.query.session import Session
from graphql_api.inputs import camel

_VALUES = frozenset({"eq", "ne", "in_", "not_in"})
"""What is compared with may itself be a JSON object."""


def told(session: Session, row: Operation) -> Any:
    """The input of an operation, as far as the session's viewer may see it."""
    recorded = operations.told(session, row)
    if not isinstance(recorded, dict):
        return recorded
    return {camel(name): _entry(name, item) for name, item in recorded.items() if name != operations.FINGERPRINT}


def _entry(name: str, item: Any) -> Any:
    if name == "select" and isinstance(item, dict):
        return {camel(by): _ids(what) if by == "ids" else _filter(what) for by, what in item.items()}
    return item


def _filter(where: Any) -> Any:
    if isinstance(where, list):
        return [_filter(branch) for branch in where]
    if not isinstance(where, dict):
        return where
    return {camel(name): _condition(name, item) for name, item in where.items()}


def _condition(name: str, item: Any) -> Any:
    if name == "id" and isinstance(item, dict):
        return {camel(operator): _ids(keys) for operator, keys in item.items()}
    return item if name in _VALUES else _filter(item)


def _ids(keys: Any) -> Any:
    """Global ids of what the record keeps as primary keys."""
    if isinstance(keys, list):
        return [_ids(key) for key in keys]
    return global_ids.encode("TaskResult", keys) if isinstance(keys, int) else keys
