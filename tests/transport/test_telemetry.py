"""What OpenTelemetry is told of operations, and that nothing is missed where it is not installed."""

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from graphql_api.engine import GraphQLRequest, GraphQLResponse
from graphql_api.transport import views
from tests.transport.conftest import Service

pytestmark = pytest.mark.any_database

NODE = 'query Find($id: ID!) { node(id: $id) { id } b: node(id: "literal secret") { id } }'


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    return kept


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


@pytest.fixture(scope="module")
def reader() -> InMemoryMetricReader:
    kept = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([kept]))
    return kept


def the_span(spans: InMemorySpanExporter) -> ReadableSpan:
    (found,) = spans.get_finished_spans()
    return found


def test_an_operation_is_a_span_with_its_name_and_no_values(service: Service, spans: InMemorySpanExporter) -> None:
    service.ask(NODE, variables={"id": "a secret"})
    found = the_span(spans)
    assert found.name == "query Find"
    assert found.attributes is not None
    assert found.attributes["graphql.operation.type"] == "query"
    assert found.attributes["graphql.operation.name"] == "Find"
    assert found.attributes["graphql.errors"] == ("BAD_USER_INPUT",)
    assert len(str(found.attributes["graphql.document.digest"])) == 12
    assert "secret" not in found.to_json()


def test_a_refused_document_is_a_span_with_its_code(service: Service, spans: InMemorySpanExporter) -> None:
    service.ask("{ unknown }")
    found = the_span(spans)
    assert found.name == "GraphQL operation"
    assert found.attributes is not None
    assert found.attributes["graphql.errors"] == ("GRAPHQL_VALIDATION_FAILED",)
    assert found.status.is_unset


def test_what_is_no_name_is_not_in_the_span(service: Service, spans: InMemorySpanExporter) -> None:
    service.ask("{ unknown }", operationName="a secret")
    assert "a secret" not in the_span(spans).to_json()


def test_a_failure_of_ours_is_a_failed_span(
    service: Service, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def execute(self, *_: Any) -> GraphQLResponse:
            return GraphQLResponse(errors=({"extensions": {"code": "INTERNAL"}},), operation_type="query")

        async def execute_async(self, *_: Any) -> GraphQLResponse:
            return self.execute()

    monkeypatch.setattr(views, "engine", Failing)
    service.ask("{ a }")
    assert the_span(spans).status.status_code is trace.StatusCode.ERROR


def test_what_an_engine_does_is_within_the_span(
    service: Service, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = views.engine()
    inner: list[Any] = []
    original = engine.execute

    def execute(*given: Any) -> GraphQLResponse:
        inner.append(trace.get_current_span().get_span_context().span_id)
        return original(*given)

    monkeypatch.setattr(engine, "execute", execute)
    service.ask("{ __typename }")
    assert inner == [the_span(spans).get_span_context().span_id]


def test_durations_are_counted_by_outcome_and_not_by_name(service: Service, reader: InMemoryMetricReader) -> None:
    for query in ("query A { __typename }", "query B { __typename }", "{ unknown }"):
        service.ask(query)
    data = reader.get_metrics_data()
    assert data is not None
    (found,) = data.resource_metrics[0].scope_metrics[0].metrics
    points = {point.attributes["outcome"]: point for point in found.data.data_points if point.attributes}
    assert found.name == "graphql.server.operation.duration"
    assert points["ok"].attributes == {"graphql.operation.type": "query", "outcome": "ok"}
    assert points["ok"].count % 2 == 0
    assert points["refused"].attributes == {"outcome": "refused"}


def test_nothing_is_missed_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    spec = importlib.util.find_spec("graphql_api.transport.telemetry")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.span(GraphQLRequest(query="{ a }")) as tell:
        tell(GraphQLResponse(), 0.1)
    assert module.trace is None
