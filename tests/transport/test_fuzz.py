"""Random requests: each is answered by data or by an error with a documented code, never by an internal error."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given

from tests.random_examples import random_examples
from tests.transport.random_requests import check_response, random_requests

pytestmark = pytest.mark.django_db


@pytest.mark.timeout(600)  # it takes half a minute on a quiet machine
@pytest.mark.usefixtures("rows")
@random_examples(100)
@given(payload=random_requests())
def test_random_request_never_causes_an_internal_error(admin_client: Client, payload: dict[str, Any]) -> None:
    check_response(admin_client, payload)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("rows")
@random_examples(10_000)
@given(payload=random_requests())
def test_none_of_10000_random_requests_causes_an_internal_error(admin_client: Client, payload: dict[str, Any]) -> None:
    check_response(admin_client, payload)


@pytest.mark.parametrize("task_id", ["\0", ""])
@pytest.mark.parametrize("mutation", ["retryTask", "revokeTask", "deleteTaskResult"])
def test_task_id_that_no_row_can_have_is_not_found(admin_client: Client, mutation: str, task_id: str) -> None:
    input_type = mutation[0].upper() + mutation[1:] + "Input"
    query = f"""mutation ($input: {input_type}!) {{ {mutation}(input: $input) {{
      errors {{ ... on UserError {{ code }} }} }} }}"""
    payload = {"query": query, "variables": {"input": {"task": {"taskId": task_id}, "dryRun": True}}}
    response = admin_client.post("/graphql/", json.dumps(payload), content_type="application/json")
    assert json.loads(response.content)["data"][mutation]["errors"] == [{"code": "NOT_FOUND"}]
