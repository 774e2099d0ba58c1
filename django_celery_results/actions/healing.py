"""Carrying on the retries whose process died between claim and publish: in every worker, and at cleanup."""

from __future__ import annotations

import logging
from typing import Any

from celery import Celery

from django_celery_results import recovery, retention
from django_celery_results.conf import settings

from . import guards, interrupted
from .celery_app import celery_app
from .outcome import Refused

logger = logging.getLogger(__name__)


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    recovery.register(
        recovery.Recovery(name="interrupted retries", carry_on=heal_in_worker, lease=lambda: settings().operation_lease)
    )
    retention.pruned.connect(heal_at_cleanup, dispatch_uid="django_celery_results.heal_claims")


def heal_in_worker(app: Celery, is_start: bool) -> None:
    """Carry on what is due when the worker starts, and once in a lease."""
    interrupted.heal(app, interrupted.LIMIT)


def heal_at_cleanup(**_: Any) -> None:
    """Projects where nobody acts and no worker runs for days get their tasks all the same."""
    if not interrupted.expired().exists():
        return
    try:
        guards.outside_transaction()
        app = celery_app()
    except Refused as refused:
        logger.warning("Interrupted retries are not carried on now: %s", refused)
        return
    interrupted.heal(app, interrupted.LIMIT)
