"""Fixtures that run each test of this folder on every installed engine, and viewers with all or no permissions."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.contrib.auth.models import AnonymousUser, User

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from graphql_api.engine import Engine
from tests.contract.graphql_client import ENGINES, GraphQLClient
from tests.factories import create_group, create_task


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = import_module(f"graphql_api.{request.param}.execution").engine
    return engine


@pytest.fixture
def superuser(db: None) -> Viewer:
    return Viewer(user=User.objects.create_superuser("root"))


@pytest.fixture
def anonymous() -> Viewer:
    return Viewer(user=AnonymousUser())


@pytest.fixture
def client(engine: Engine, superuser: Viewer) -> GraphQLClient:
    """A client of each engine, whose viewer is a superuser."""
    return GraphQLClient(engine=engine, viewer=superuser)


@pytest.fixture
def acme_task(db: None) -> TaskResult:
    """A failed task of the tenant "acme", in the group `acme-g`."""
    create_group("acme-g", ["acme-t"])
    error = '{"exc_type": "E", "exc_message": ["m"]}'
    return create_task("acme-t", status="FAILURE", task_name="proj.add", result=error)
