"""Schemathesis, a fuzzer that derives its requests from the schema alone: none causes an internal error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import strategies as st

from django_celery_results.models import TaskResult
from tests.random_examples import random_examples
from tests.transport.random_requests import TIMES, check_response

schemathesis = pytest.importorskip("schemathesis")
nodes = pytest.importorskip("hypothesis_graphql").nodes

pytestmark = [pytest.mark.usefixtures("rows"), pytest.mark.once]

SCALARS = {
    "DateTime": st.sampled_from(TIMES) | st.text(max_size=10),
    "Duration": st.sampled_from(["PT1S", "P1D", "-PT1S", "P99999999Y", ""]),
    "JSON": st.sampled_from(["1", "null", "[]", "text"]),
}
for name, values in SCALARS.items():
    schemathesis.graphql.scalar(name, values.map(nodes.String))

schema = schemathesis.graphql.from_path(Path(__file__).parents[2] / "schema.graphql")


def check_case(client: Client, case: Any) -> None:
    if case.body.startswith("mutation"):  # it may be no dry run, and would publish the retry of a task
        TaskResult.objects.all().delete()
    check_response(client, {"query": case.body})


@schema.parametrize()
@random_examples(8)
def test_no_field_of_the_schema_causes_an_internal_error(case: Any, admin_client: Client) -> None:
    check_case(admin_client, case)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@schema.parametrize()
@random_examples(300)
def test_no_field_causes_an_internal_error_in_300_requests(case: Any, admin_client: Client) -> None:
    check_case(admin_client, case)
