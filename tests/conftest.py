"""Fixtures that every room of the suite uses."""

import tests.celery_app  # noqa: F401 - tasks that tests publish belong to the suite's app
