"""What of a retry's preview is shown as a stored value is: with its task's name, by which a policy may hide it."""

from __future__ import annotations

from typing import Any

from django_celery_results.actions.outcome import Preview
from django_celery_results.query import values


def args(preview: Preview) -> values.Value | None:
    """The positional arguments; None where the viewer may not see them."""
    return _value(preview, preview.args)


def kwargs(preview: Preview) -> values.Value | None:
    """The named arguments; None where the viewer may not see them."""
    return _value(preview, preview.kwargs)


def _value(preview: Preview, shown: Any) -> values.Value | None:
    return None if shown is None else values.decoded(shown, task_name=preview.task_name)
