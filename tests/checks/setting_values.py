"""Classes that settings name in tests of system checks."""

from django_celery_results.policy.access import Policy


class OwnPolicy(Policy):
    """A valid policy of a project."""


class NotAPolicy:
    """Importable, but of the wrong type for every setting."""
