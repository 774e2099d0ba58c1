"""Fixtures that every room of the suite uses."""

import faulthandler
import os
import sys
from importlib.util import find_spec

from tests import services

os.environ.setdefault("BROKER_URL", services.redis_url())  # before the app below is configured

import tests.celery_app  # noqa: F401 - tasks that tests publish belong to the suite's app

if find_spec("graphql") is None:  # the lane that shows the store to work without any GraphQL library
    collect_ignore = ["transport", "contract", "browser", "workshop"]
elif find_spec("strawberry") is None:  # the lane with the other engine: the demo and its tools use strawberry
    collect_ignore = ["browser", "workshop", "transport/test_columns.py", "transport/test_documentation.py"]


def pytest_unconfigure() -> None:
    """A thread that a test left behind must not keep the suite from ending: print where it is, and end."""
    faulthandler.dump_traceback_later(60, exit=True, file=sys.__stderr__ or sys.stderr)
