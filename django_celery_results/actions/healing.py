"""Workers that start carry on the retries whose process died between claim and publish."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_ready
from django.db import DatabaseError

from . import claims

logger = logging.getLogger(__name__)


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    worker_ready.connect(heal_at_start, dispatch_uid="django_celery_results.heal_claims")


def heal_at_start(sender: Any, **_: Any) -> None:
    """Nothing that goes wrong here keeps a worker from starting."""
    try:
        claims.heal(sender.app)
    except DatabaseError:
        logger.exception("Interrupted retries could not be carried on at start")
