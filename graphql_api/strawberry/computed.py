"""Fields whose value is a function of the row alone: as cheap as reading an attribute, unlike a resolver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from strawberry.types.field import StrawberryField

_READ = "graphql_api.read"


class ComputedField(StrawberryField):
    """Has no resolver as strawberry understands it, and so needs no `Info` and no arguments."""

    @property
    def read(self) -> Callable[[Any], Any]:
        """The function of the row."""
        found: Callable[[Any], Any] = self.metadata[_READ]
        return found

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return self.read(source)


def computed(read: Callable[[Any], Any], *, name: str | None = None) -> Any:
    """A field that shows what `read` makes of the row."""
    return ComputedField(python_name=None, graphql_name=name, metadata={_READ: read})
