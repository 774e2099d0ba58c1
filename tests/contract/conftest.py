"""One suite over every engine: a client that runs an operation as a viewer, and viewers of every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from graphql_api.engine import Context, Engine, GraphQLRequest, GraphQLResponse

ENGINES = tuple(name for name in ("strawberry", "graphene") if find_spec(name))
"""The engines that are installed; one lane has both."""


@dataclass(kw_only=True)
class Client:
    """Runs operations on one engine."""

    engine: Engine
    viewer: Viewer

    def execute(
        self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None
    ) -> GraphQLResponse:
        request = GraphQLRequest(query=query, variables=variables)
        return self.engine.execute(request, Context(viewer=viewer or self.viewer))

    def data(self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None) -> Any:
        """The data of an answer that must have no errors."""
        response = self.execute(query, variables, viewer)
        assert response.errors == ()
        return response.data

    def codes(self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None) -> list[str]:
        """The codes of an answer's errors."""
        return [error["extensions"]["code"] for error in self.execute(query, variables, viewer).errors]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = import_module(f"graphql_api.{request.param}.execution").engine
    return found


@pytest.fixture
def viewer_with(db: None) -> Callable[..., Viewer]:
    """Make a viewer that has exactly these permissions."""

    def make(*actions: Action, name: str = "somebody") -> Viewer:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=[action.value for action in actions]))
        return Viewer(user=User.objects.get(pk=user.pk))

    return make


@pytest.fixture
def superuser(db: None) -> Viewer:
    return Viewer(user=User.objects.create_superuser("root"))


@pytest.fixture
def anonymous() -> Viewer:
    return Viewer(user=AnonymousUser())


@pytest.fixture
def client(engine: Engine, superuser: Viewer) -> Client:
    return Client(engine=engine, viewer=superuser)
