"""Puts the descriptions of `graphql_api.vocabulary` on strawberry's types, fields, arguments and enum values."""

from __future__ import annotations

from enum import EnumMeta
from typing import Any, TypeVar

import strawberry
from strawberry.schema.name_converter import NameConverter

from graphql_api.vocabulary import words

Class = TypeVar("Class", bound=type)
EnumClass = TypeVar("EnumClass", bound=EnumMeta)

_NAMES = NameConverter()


def described(cls: Class) -> Class:
    """A strawberry type or input with the words for it and for everything in it; none may be missing."""
    definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = words(definition.name)
    for field in definition.fields:
        path = (definition.name, _NAMES.get_graphql_name(field))
        field.description = words(*path)
        for argument in field.arguments:
            argument.description = words(*path, _NAMES.get_graphql_name(argument))
    return cls


def enum(cls: EnumClass, name: str | None = None) -> EnumClass:
    """A strawberry enum with the words for it and for each value."""
    strawberry.enum(cls, name=name)
    definition: Any = cls.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = words(definition.name)
    for value in definition.values:
        value.description = words(definition.name, value.name)
    return cls


def union(name: str) -> Any:
    """A strawberry union with the words for it."""
    return strawberry.union(name, description=words(name))
