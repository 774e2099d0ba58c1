"""A database backend that is not one of Django's own, as packages for tenants bring them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections


@contextmanager
def foreign_backend() -> Iterator[Any]:
    """Use such a backend for the default database of this thread. Yield the connection, which counts its cursors."""
    own = connections["default"]

    class DatabaseWrapper(type(own)):  # type: ignore[misc]
        cursors = 0

        def _cursor(self, name: str | None = None) -> Any:
            self.cursors += 1
            return super()._cursor(name)

    foreign = DatabaseWrapper(own.settings_dict, "default")
    connections["default"] = foreign
    try:
        yield foreign
    finally:
        if foreign.connection is not None:
            foreign.close()
        connections["default"] = own
