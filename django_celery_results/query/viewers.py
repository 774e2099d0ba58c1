"""What a viewer may do at all, as the project's policy says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django_celery_results.exceptions import Unauthenticated
from django_celery_results.policy.access import Action, policy
from django_celery_results.policy.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """Whoever asks, with their permissions."""

    viewer: Viewer

    @property
    def username(self) -> str | None:
        return self.viewer.username

    @cached_property
    def _may(self) -> frozenset[Action]:
        asked = policy()
        return frozenset(action for action in Action if asked.may(self.viewer, action))

    @property
    def permissions(self) -> list[str]:
        """In the order of their names."""
        return sorted(action.permission for action in self._may)

    def may(self, action: Action) -> bool:
        return action in self._may


def abilities(viewer: Viewer) -> Abilities:
    """The viewer's abilities; nothing for strangers."""
    if not viewer.is_authenticated:
        raise Unauthenticated
    return Abilities(viewer=viewer)
