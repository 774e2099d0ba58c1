"""Fixtures that every room of the suite uses."""

import os

from tests import services

os.environ.setdefault("BROKER_URL", services.redis_url())  # before the app below is configured

import tests.celery_app  # noqa: F401 - tasks that tests publish belong to the suite's app
