"""What a saved group came after in its chain, and the chord it is the header of; loaded for all groups of a page."""

from __future__ import annotations

from django_celery_results.models import TaskResult

from . import chords, members
from .groups import Group, by_ids
from .members import Parent


def parent(group: Group) -> Group | None:
    """The group that it came after, if that is saved and visible."""
    before = _before(group)
    if before is None or not before.is_group:
        return None
    ids = _ids(group, is_group=True)
    session = group.batch.session
    found: dict[str, Group] = session.once(("groups", ids), lambda: by_ids(session, ids))
    return found.get(before.id)


def parent_task(group: Group) -> TaskResult | None:
    """The task that it came after, if its row is there and visible."""
    before = _before(group)
    if before is None or before.is_group:
        return None
    return group.batch.session.by_id(before.id, also=_ids(group, is_group=False))


def chord(group: Group) -> chords.ChordProgress | None:
    """How far the chord is whose header this group is."""
    return chords.of_group(group.batch.session, group.group_id, also=[other.group_id for other in group.batch.groups])


def _before(group: Group) -> Parent | None:
    found: Parent | None = group.batch.session.once(("before", group.pk), lambda: members.parent(group.row))
    return found


def _ids(group: Group, *, is_group: bool) -> tuple[str, ...]:
    found = (_before(other) for other in group.batch.groups)
    return tuple(dict.fromkeys(before.id for before in found if before and before.is_group is is_group))
