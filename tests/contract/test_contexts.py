"""Who asks where a project runs our fields in a schema of its own."""

from importlib import import_module
from typing import Any

import pytest

from django_celery_results.exceptions import Unauthenticated
from tests.contract.conftest import ENGINES

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("context", [None, {}])
@pytest.mark.parametrize("name", ENGINES)
def test_without_a_request_nobody_asks(name: str, context: Any) -> None:
    schema = import_module(f"graphql_api.{name}.schema").schema
    run = schema.execute_sync if name == "strawberry" else schema.execute
    done = run("{ taskResults { nodes { id } } }", context_value=context)
    [error] = done.errors
    assert isinstance(error.original_error, Unauthenticated)
