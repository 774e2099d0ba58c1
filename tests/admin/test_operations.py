"""The admin shows operations to those who may audit, by the rules of the API, and changes none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from django_celery_results.models import Operation
from tests.factories import create_task

pytestmark = pytest.mark.django_db

LIST = reverse("admin:django_celery_results_operation_changelist")

StaffClient = Callable[..., Client]


def operation_url(operation: Operation, page: str = "change") -> str:
    return reverse(f"admin:django_celery_results_operation_{page}", args=[operation.pk])


def create_operation(task_id: str = "one", **columns: Any) -> Operation:
    """Create a retry whose arguments were overridden by the word `zebra`."""
    values = {"action": "retry", "state": "done", "actor_id": "0", "actor_name": "ann", "reason": "the disk was full"}
    stored = {"input": json.dumps({"args": ["zebra"], "queue": "mail"}), "outcome": '{"task_id": "two"}'}
    return Operation.objects.create(task_id=task_id, **{**values, **stored, **columns})


def test_operations_need_the_audit_permission(staff_client: StaffClient) -> None:
    operation = create_operation()
    client = staff_client("view_taskresult", "view_payload")
    assert [client.get(url).status_code for url in (LIST, operation_url(operation))] == [403, 403]


def test_auditor_sees_who_ordered_what_and_why(staff_client: StaffClient) -> None:
    operation = create_operation()
    client = staff_client("view_operation")
    assert "ann" in client.get(LIST).content.decode()
    page = client.get(operation_url(operation)).content.decode()
    assert all(text in page for text in ("ann", "the disk was full", "mail"))


def test_recorded_payload_needs_its_permission(staff_client: StaffClient) -> None:
    operation = create_operation(create_task().task_id)
    for permissions, is_shown in ((("view_operation",), False), (("view_operation", "view_payload"), True)):
        client = staff_client(*permissions, name=permissions[-1])
        assert ("zebra" in client.get(operation_url(operation)).content.decode()) is is_shown


def test_policy_narrows_the_operations(staff_client: StaffClient, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    operation = create_operation()
    client = staff_client("view_operation")
    assert "ann" not in client.get(LIST).content.decode()
    assert client.get(operation_url(operation)).status_code == 302
    assert "zebra" not in client.get(operation_url(operation), follow=True).content.decode()


def test_no_operation_can_be_added_changed_or_deleted(admin_client: Client) -> None:
    operation = create_operation()
    add = reverse("admin:django_celery_results_operation_add")
    urls = [operation_url(operation), operation_url(operation, "delete"), add]
    assert [admin_client.post(url, {"reason": "none", "post": "yes"}).status_code for url in urls] == [403, 403, 403]
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": [operation.pk], "post": "yes"})
    assert Operation.objects.get().reason == "the disk was full"


def test_list_loads_no_input_and_takes_a_bounded_number_of_statements(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        create_operation(f"t{number}")
    with django_assert_max_num_queries(10) as captured:
        assert admin_client.get(LIST).status_code == 200
    assert not [query["sql"] for query in captured if '"input"' in query["sql"] or "`input`" in query["sql"]]
