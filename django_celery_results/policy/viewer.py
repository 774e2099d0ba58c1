"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_celery_results.codec import clean, shorten

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

_NAMED, _KEYED = "name: ", "key: "
"""Tell names from primary keys, which may be text that begins in the same way."""
_LENGTH = 255


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A person or program behind one request; `SYSTEM` is the operator of the machine itself, as on a command line."""

    user: AbstractBaseUser | AnonymousUser | None = None
    remote_address: str | None = None
    is_system: bool = False

    @property
    def is_authenticated(self) -> bool:
        return self.is_system or bool(self.user and self.user.is_authenticated and self.user.is_active)

    @property
    def pk(self) -> str | None:
        """Primary key of the user as text; None for the system, anonymous viewers and programs without a row."""
        key = getattr(self.user, "pk", None)
        return None if key is None else str(key)

    @property
    def username(self) -> str | None:
        return self.user.get_username() if self.user and self.is_authenticated else None

    @property
    def identity(self) -> str | None:
        """Who they are in the record of orders: the primary key, else the user name.

        None for the system, which has no identity there, and for viewers without either: they own nothing.
        """
        if self.is_system:
            return None
        found = self.pk
        if found is None:
            found = f"{_NAMED}{self.username}" if self.username else None
        elif found.startswith((_NAMED, _KEYED)):
            found = f"{_KEYED}{found}"
        return None if found is None else shorten(clean(found), _LENGTH)


SYSTEM = Viewer(is_system=True)
