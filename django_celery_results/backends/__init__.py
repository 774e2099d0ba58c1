"""Celery's result backends; the entry points `django-db` and `django-cache` lead here."""

from .cache import CacheBackend
from .database import DatabaseBackend

__all__ = ["CacheBackend", "DatabaseBackend"]
