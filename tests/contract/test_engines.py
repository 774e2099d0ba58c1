"""An engine needs its own library only."""

import subprocess
import sys

import pytest

from tests.contract.conftest import ENGINES

pytestmark = pytest.mark.any_database

OTHERS = {"strawberry": ("graphene", "graphene_django"), "graphene": ("strawberry", "strawberry_django")}
PROGRAM = """
import sys
for name in {others}:
    sys.modules[name] = None  # importing it fails
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_celery_results", "graphql_api"],
    ROOT_URLCONF="graphql_api.urls",
    GRAPHQL_API={{"ENGINE": {engine!r}}},
)
django.setup()
from django.core.checks import run_checks
from graphql_api import testing
assert run_checks(tags=["graphql_api"]) == []
print(testing.execute("{{ __typename }}").data)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_imports_nothing_of_another_library(engine: str) -> None:
    program = PROGRAM.format(others=OTHERS[engine], engine=engine)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{'__typename': 'Query'}"
