"""The words of the schema: what every type, field, argument and enum value means, said once for every engine.

Each says the unit, why a value may be null, and which permission it needs. One file for each kind of type.
"""

from __future__ import annotations

from . import bulk, filters, groups, operations, orders, refusals, roots, scalars, service, stats, tasks, values
from .phrases import ANYWHERE

_ROOMS = (bulk, filters, groups, operations, orders, refusals, roots, scalars, service, stats, tasks, values)
_WORDS: dict[str, dict[str, str]] = {name: known for room in _ROOMS for name, known in room.WORDS.items()}


def words(type_name: str, field: str = "", argument: str = "") -> str:
    """The description of a type, of a field or enum value in it, or of a field's argument."""
    known = _WORDS.get(type_name, {})
    key = f"{field}.{argument}" if argument else field
    found = known.get(key) or ANYWHERE.get(argument or field)
    if not found:
        raise LookupError(f"graphql_api.vocabulary has no words for {type_name}.{key}")
    return found
