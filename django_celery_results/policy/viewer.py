"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


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
        """Primary key of the user as text; None for the system and anonymous viewers."""
        return str(self.user.pk) if self.user and self.user.pk is not None else None

    @property
    def username(self) -> str | None:
        return self.user.get_username() if self.user and self.is_authenticated else None


SYSTEM = Viewer(is_system=True)
