"""Managers of the result tables."""

from __future__ import annotations

from django.db import models


class TaskResultManager(models.Manager):  # type: ignore[type-arg]
    """Replaced in the next step."""


class GroupResultManager(models.Manager):  # type: ignore[type-arg]
    """Replaced in the next step."""
