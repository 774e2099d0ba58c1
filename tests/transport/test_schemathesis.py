"""A fuzzer that somebody else wrote, which takes its questions from the schema alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from django_celery_results.models import TaskResult
from tests.transport import test_fuzz

schemathesis = pytest.importorskip("schemathesis")
nodes = pytest.importorskip("hypothesis_graphql").nodes

pytestmark = [pytest.mark.usefixtures("rows"), pytest.mark.once]

SCALARS = {
    "DateTime": st.sampled_from(test_fuzz.MOMENTS) | st.text(max_size=10),
    "Duration": st.sampled_from(["PT1S", "P1D", "-PT1S", "P99999999Y", ""]),
    "JSON": st.sampled_from(["1", "null", "[]", "text"]),
}
for name, values in SCALARS.items():
    schemathesis.graphql.scalar(name, values.map(nodes.String))

schema = schemathesis.graphql.from_path(Path(__file__).parents[2] / "schema.graphql")
rows = test_fuzz.rows


def check(client: Client, case: Any) -> None:
    if case.body.startswith("mutation"):  # orders that are no trials would be carried out
        TaskResult.objects.all().delete()
    test_fuzz.check(client, {"query": case.body})


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_field_of_the_schema_meets_a_fault_of_ours(case: Any, admin_client: Client) -> None:
    check(admin_client, case)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@schema.parametrize()
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_often_asked_no_field_meets_a_fault_of_ours(case: Any, admin_client: Client) -> None:
    check(admin_client, case)
