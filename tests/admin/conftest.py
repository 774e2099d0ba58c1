"""Rows and people for the admin's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from django_celery_results.models import TaskResult


@pytest.fixture
def make_task() -> Callable[..., TaskResult]:
    def make(task_id: str = "one", **columns: Any) -> TaskResult:
        defaults = {
            "task_name": "proj.add",
            "status": "SUCCESS",
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "task_args": json.dumps("(1, 2)"),
            "task_kwargs": json.dumps("{'password': 'hunter2'}"),
            "result": json.dumps({"total": 3, "token": "sesame"}),
            "traceback": None,
            "meta": json.dumps({"children": []}),
        }
        return TaskResult.objects.create(task_id=task_id, **{**defaults, **columns})

    return make


@pytest.fixture
def browse(client: Client) -> Callable[..., Client]:
    """A logged-in staff member with the permissions named."""

    def login(*codenames: str) -> Client:
        user = User.objects.create_user("staff", password="x", is_staff=True)
        permissions = Permission.objects.filter(content_type__app_label="django_celery_results", codename__in=codenames)
        assert permissions.count() == len(codenames)
        user.user_permissions.set(permissions)
        client.force_login(user)
        return client

    return login
