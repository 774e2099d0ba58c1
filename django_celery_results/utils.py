"""The current time as rows keep it; the names are part of the contract of the 2.x package."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """Aware, in the local time zone, where Django uses time zones."""
    return now_localtime() if settings.USE_TZ else timezone.now()


def now_localtime() -> datetime:
    return timezone.localtime(timezone.now())
