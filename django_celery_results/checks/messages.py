"""How a check says what is wrong: an id, and a hint that names the setting."""

from __future__ import annotations

from django.core import checks

APP = "django_celery_results"


def error(number: int, text: str, hint: str) -> checks.Error:
    return checks.Error(text, hint=hint, id=f"{APP}.E{number:03}")


def warning(number: int, text: str, hint: str) -> checks.Warning:
    return checks.Warning(text, hint=hint, id=f"{APP}.W{number:03}")


def info(number: int, text: str, hint: str) -> checks.Info:
    return checks.Info(text, hint=hint, id=f"{APP}.I{number:03}")
