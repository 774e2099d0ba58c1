"""Puts the descriptions of `graphql_api.vocabulary` on graphene's types, fields, arguments and enum values."""

from __future__ import annotations

from enum import Enum
from typing import Any

import graphene
from graphene.utils.str_converters import to_camel_case

from graphql_api.vocabulary import words


def describe(kind: Any) -> None:
    """The words for a type and for everything in it; what a project adds to it keeps its own."""
    meta = kind._meta
    meta.__dict__["description"] = _words(meta.name) or meta.description
    for key, field in (getattr(meta, "fields", None) or {}).items():
        path = (meta.name, field.name or to_camel_case(key))
        field.description = _words(*path) or field.description
        for argument, given in getattr(field, "args", {}).items():
            given.description = _words(*path, given.name or to_camel_case(argument)) or given.description


def _words(*path: str) -> str | None:
    try:
        return words(*path)
    except LookupError:
        return None


def _hide(kind: Any) -> None:
    """A field that a subclass sets to None is gone, as in Django's forms."""
    for name in [name for name in kind._meta.fields if getattr(kind, name, name) is None]:
        del kind._meta.fields[name]


def _inherited(kind: Any) -> dict[str, Any]:
    """What a subclass need not say again in its Meta."""
    meta = getattr(kind, "_meta", None)
    given = {name: getattr(meta, name, None) for name in ("interfaces", "possible_types")}
    return {name: value for name, value in given.items() if value}


class ObjectType(graphene.ObjectType):
    """What all our types are. Subclass one to add a field, or to hide one by setting it to None."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**(_inherited(cls) | options))
        _hide(cls)
        describe(cls)


class InputObjectType(graphene.InputObjectType):
    """What all our inputs are."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**options)
        describe(cls)


class Interface(graphene.Interface):
    """What all our interfaces are."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**options)
        describe(cls)


class Union(graphene.Union):
    """What all our unions are."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, **options: Any) -> None:
        super().__init_subclass_with_meta__(**options)
        describe(cls)


def enum(name: str, known: type[Enum]) -> Any:
    """A graphene enum with the words for it and for each value."""
    return graphene.Enum.from_enum(
        known, name=name, description=lambda value: words(name, value.name) if value else words(name)
    )
