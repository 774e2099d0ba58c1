"""Carrying on the retries whose process died between claim and publish: when a worker starts, and at cleanup."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_ready
from django.db import DatabaseError

from django_celery_results import retention

from . import guards, interrupted
from .celery_app import celery_app
from .outcome import Refused

logger = logging.getLogger(__name__)


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    worker_ready.connect(heal_at_start, dispatch_uid="django_celery_results.heal_claims")
    retention.pruned.connect(heal_at_cleanup, dispatch_uid="django_celery_results.heal_claims")


def heal_at_start(sender: Any, **_: Any) -> None:
    """Nothing that goes wrong here keeps a worker from starting."""
    try:
        interrupted.heal(sender.app, interrupted.LIMIT)
    except DatabaseError:
        logger.exception("Interrupted retries could not be carried on at start")


def heal_at_cleanup(**_: Any) -> None:
    """Projects where nobody acts and no worker starts for days get their tasks all the same."""
    if not interrupted.expired().exists():
        return
    try:
        guards.outside_transaction()
        app = celery_app()
    except Refused as refused:
        logger.warning("Interrupted retries are not carried on now: %s", refused)
        return
    interrupted.heal(app, interrupted.LIMIT)
