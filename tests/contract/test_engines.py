"""Each engine runs without the other library, refuses a context without a request, and serves `testing.execute`."""

import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User

from django_celery_results.exceptions import Unauthenticated
from graphql_api import testing
from tests.contract.graphql_client import ENGINES
from tests.factories import create_task

pytestmark = pytest.mark.any_database

OTHER_LIBRARIES = {"strawberry": ("graphene", "graphene_django"), "graphene": ("strawberry", "strawberry_django")}
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
def test_engine_runs_without_the_library_of_the_other_engine(engine: str) -> None:
    program = PROGRAM.format(others=OTHER_LIBRARIES[engine], engine=engine)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{'__typename': 'Query'}"


@pytest.mark.parametrize("context", [None, {}])
@pytest.mark.parametrize("engine", ENGINES)
def test_context_without_a_request_is_unauthenticated(engine: str, context: Any) -> None:
    schema = import_module(f"graphql_api.{engine}.schema").schema
    execute = schema.execute_sync if engine == "strawberry" else schema.execute
    [error] = execute("{ taskResults { nodes { id } } }", context_value=context).errors
    assert isinstance(error.original_error, Unauthenticated)


@pytest.mark.django_db
def test_testing_execute_runs_a_document_as_a_user() -> None:
    create_task("t")
    query = '{ taskResult(ref: {taskId: "t"}) { taskId } }'
    assert testing.execute(query, user=User.objects.create_superuser("x")).data == {"taskResult": {"taskId": "t"}}
    assert testing.execute(query).errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
