"""What settings of the checks' tests name."""

from __future__ import annotations

from django_celery_results.policy.access import Policy


class Own(Policy):
    """Fine."""


class NoPolicy:
    """Not a policy."""
