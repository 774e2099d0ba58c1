"""Short ways to write fields: required ones, lists, and those whose value is a function of the row alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import graphene


class Read:
    """A resolver that needs nothing but the row."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def __call__(self, root: Any, info: Any) -> Any:
        return self.read(root)


def computed(kind: Any, read: Callable[[Any], Any], *, required: bool = False, name: str | None = None) -> Any:
    """A field that shows what `read` makes of the row."""
    return graphene.Field(kind, required=required, name=name, resolver=Read(read))


def listed(kind: Any) -> Any:
    """The type of a list without nulls."""
    return graphene.NonNull(graphene.List(graphene.NonNull(kind)))


def many(kind: Any, **given: Any) -> Any:
    """A field with a list without nulls."""
    return graphene.Field(listed(kind), **given)


def page_arguments() -> dict[str, Any]:
    """The arguments of a page."""
    return {
        "first": graphene.Int(),
        "after": graphene.String(),
        "last": graphene.Int(),
        "before": graphene.String(),
    }
