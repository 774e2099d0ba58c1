"""Secrets in decoded values: what stands under a telling name is never shown."""

from __future__ import annotations

from typing import Any

from django_celery_results.conf import settings

HIDDEN = "[redacted]"


def redact(value: Any) -> tuple[Any, bool]:
    """A copy of a decoded value without what stands under a secret's name, and whether anything was hidden."""
    if isinstance(value, dict):
        shown = {key: (HIDDEN, True) if is_secret(key) else redact(item) for key, item in value.items()}
        return {key: item for key, (item, _) in shown.items()}, any(hidden for _, hidden in shown.values())
    if isinstance(value, list | tuple):
        items = [redact(item) for item in value]
        return [item for item, _ in items], any(hidden for _, hidden in items)
    return value, False


def is_secret(name: Any) -> bool:
    """Whether a key of a mapping, or a parameter's name, announces a secret."""
    text = str(name).lower().replace("-", "_")
    return any(key in text for key in settings().redact_keys)
