"""Whether a value is of a setting's type, and the type in words."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin


def fits(value: Any, wanted: Any) -> bool:
    """As a type checker would say it, but an integer passes for a float and a list for a tuple."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(k, arguments[0]) and fits(v, arguments[1]) for k, v in value.items()
        )
    if origin is tuple:
        return isinstance(value, list | tuple) and all(fits(each, arguments[0]) for each in value)
    if wanted in (int, float):
        return isinstance(value, (int, wanted)) and not isinstance(value, bool)
    return isinstance(value, wanted)


_WORDS = {bool: "True or False", int: "a whole number", float: "a number", str: "a string", NoneType: "None"}


def said(wanted: Any) -> str:
    """The type, as a hint names it."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return " or ".join(map(said, arguments))
    if origin is Literal:
        return "one of " + ", ".join(map(repr, arguments))
    if origin is dict:
        return f"a dictionary from {said(arguments[0])} to {said(arguments[1])}"
    if origin is tuple:
        return f"a list in which each item is {said(arguments[0])}"
    return _WORDS[wanted]
