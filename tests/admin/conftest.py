"""A client for the pages of the admin."""

from collections.abc import Callable

import pytest
from django.test import Client

from django_celery_results.policy.viewer import Viewer


@pytest.fixture
def staff_client(client: Client, viewer_with: Callable[..., Viewer]) -> Callable[..., Client]:
    """Return the client, logged in as a member of staff who has exactly these permissions."""

    def log_in(*permissions: str, name: str = "operator") -> Client:
        client.force_login(viewer_with(*permissions, name=name, is_staff=True).user)
        return client

    return log_in
