"""Chords as the 2.x package counts them: workers of both complete them while a project upgrades."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from celery import maybe_signature
from celery.utils.log import get_logger
from django.db import transaction

from django_celery_results import chord_rows
from django_celery_results.chord_rows import COUNTED, COUNTED_INDEX, Part
from django_celery_results.codec import stored_id
from django_celery_results.models import ChordCounter, ChordPart

from .chord_results import ChordResults

logger = get_logger(__name__)


def start(group_id: str, members: Iterable[Any], *, alias: str) -> None:
    """Open a chord that workers of the 2.x package know how to count."""
    tuples = [member.as_tuple() for member in members]
    ChordCounter.objects.using(alias).update_or_create(
        group_id=group_id, defaults={"sub_tasks": json.dumps(tuples), "count": len(tuples)}
    )
    ChordPart.objects.using(alias).filter(group_id=group_id).delete()


def exists(group_id: str, *, alias: str) -> bool:
    return ChordCounter.objects.using(alias).filter(group_id=group_id).exists()


def count(backend: Any, request: Any, member_id: str, *, alias: str) -> None:
    """Count a member once, however often it is delivered; send the body after the last."""
    group_id = stored_id(request.group)
    with transaction.atomic(using=alias):
        counter = ChordCounter.objects.using(alias).select_for_update().filter(group_id=group_id).first()
        if counter is None or not _is_first_time(group_id, member_id, alias):
            return
        counter.count = max(counter.count - 1, 0)
        if counter.count:
            counter.save(using=alias, update_fields=["count"])
            return
        counter.delete(using=alias)
        parts = chord_rows.parts(group_id, alias)
        ChordPart.objects.using(alias).filter(group_id=group_id).delete()
    _send_body(backend, request, counter, parts)


def _is_first_time(group_id: str, member_id: str, alias: str) -> bool:
    mark = ChordPart(group_id=group_id, task_id=member_id, index=COUNTED_INDEX, state=COUNTED)
    known = ChordPart.objects.using(alias).filter(group_id=mark.group_id, task_id=mark.task_id, index=mark.index)
    if known.exists():
        return False
    mark.save(using=alias, force_insert=True)
    return True


def _send_body(backend: Any, request: Any, counter: ChordCounter, parts: list[Part]) -> None:
    header = (counter.group_id, json.loads(counter.sub_tasks))
    body = maybe_signature(request.chord, app=backend.app)
    try:
        results = ChordResults(backend, counter.group_id, None, 0).shaped(header, parts)
        backend.publish_body(body, results)
    except Exception as error:
        logger.exception("Chord %r raised: %r", counter.group_id, error)
        backend.fail_body(body, error)


def trigger_callback(app: Any, callback: Any, group_result: Any) -> None:
    """Join the members of a chord and send its body with their results: a public name of the 2.x package."""
    backend = app.backend
    try:
        header = (group_result.id, [member.as_tuple() for member in group_result.results])
        backend.publish_body(callback, ChordResults(backend, group_result.id, None, 0).shaped(header, ()))
    except Exception as error:
        logger.exception("Chord %r raised: %r", group_result.id, error)
        backend.fail_body(callback, error)
