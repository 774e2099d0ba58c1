"""Hypothesis settings for the whole suite: nothing depends on how long an example takes, since machines may be busy."""

from typing import Any

from hypothesis import HealthCheck, settings

_ALLOWED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def random_examples(count: int, **more: Any) -> settings:
    """Return the decorator that runs a test on so many random examples, however long each takes.

    Fixtures are set up once for all examples: a test that writes must clean up before each.
    """
    return settings(max_examples=count, deadline=None, suppress_health_check=_ALLOWED, **more)
