"""OpenTelemetry: a span and a duration for each GraphQL request, and nothing where it is not installed."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
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
from tests.transport.http_client import HttpClient

pytestmark = pytest.mark.any_database

QUERY = 'query Find($id: ID!) { node(id: $id) { id } b: node(id: "literal secret") { id } }'
Counts = dict[tuple[tuple[str, Any], ...], int]


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """The exporter of this process: a tracer provider can be set once only."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def only_span(exporter: InMemorySpanExporter) -> Iterator[Callable[[], ReadableSpan]]:
    """Return the only span of this test."""

    def get() -> ReadableSpan:
        (span,) = exporter.get_finished_spans()
        return span

    exporter.clear()
    yield get
    exporter.clear()


@pytest.fixture(scope="module")
def reader() -> InMemoryMetricReader:
    """The metric reader of this process: a meter provider can be set once only."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    return reader


def duration_counts(reader: InMemoryMetricReader) -> Counts:
    """Return how many durations were recorded so far, by their attributes."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "graphql.server.operation.duration"
    return {tuple(sorted((point.attributes or {}).items())): point.count for point in metric.data.data_points}


def test_request_is_a_span_with_its_name_and_no_values(http: HttpClient, only_span: Callable[[], ReadableSpan]) -> None:
    http.execute(QUERY, variables={"id": "a secret"})
    span = only_span()
    assert span.name == "query Find"
    assert span.attributes is not None
    assert span.attributes["graphql.operation.type"] == "query"
    assert span.attributes["graphql.operation.name"] == "Find"
    assert span.attributes["graphql.errors"] == ("BAD_USER_INPUT",)
    assert len(str(span.attributes["graphql.document.digest"])) == 12
    assert "secret" not in span.to_json()


def test_invalid_document_is_a_span_with_its_code_and_without_error_status(
    http: HttpClient, only_span: Callable[[], ReadableSpan]
) -> None:
    http.execute("{ unknown }")
    span = only_span()
    assert span.name == "GraphQL operation"
    assert span.attributes is not None
    assert span.attributes["graphql.errors"] == ("GRAPHQL_VALIDATION_FAILED",)
    assert span.status.is_unset


def test_operation_name_that_is_no_graphql_name_is_not_in_the_span(
    http: HttpClient, only_span: Callable[[], ReadableSpan]
) -> None:
    http.execute("{ unknown }", operationName="a secret")
    assert "a secret" not in only_span().to_json()


def test_internal_error_is_a_span_with_error_status(
    http: HttpClient, only_span: Callable[[], ReadableSpan], monkeypatch: pytest.MonkeyPatch
) -> None:
    class FailingEngine:
        def execute(self, *_: Any) -> GraphQLResponse:
            return GraphQLResponse(errors=({"extensions": {"code": "INTERNAL"}},), operation_type="query")

        async def execute_async(self, *_: Any) -> GraphQLResponse:
            return self.execute()

    monkeypatch.setattr(views, "engine", FailingEngine)
    http.execute("{ a }")
    assert only_span().status.status_code is trace.StatusCode.ERROR


def test_engine_runs_within_the_span(
    http: HttpClient, only_span: Callable[[], ReadableSpan], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = views.engine()
    current_spans: list[int] = []
    original = engine.execute

    def execute(*arguments: Any) -> GraphQLResponse:
        current_spans.append(trace.get_current_span().get_span_context().span_id)
        return original(*arguments)

    monkeypatch.setattr(engine, "execute", execute)
    http.execute("{ __typename }")
    assert current_spans == [only_span().get_span_context().span_id]


def test_durations_are_counted_by_type_and_outcome_and_not_by_name(
    http: HttpClient, reader: InMemoryMetricReader
) -> None:
    before = duration_counts(reader)
    for query in ("query A { __typename }", "query B { __typename }", "{ unknown }"):
        http.execute(query)
    after = duration_counts(reader)
    assert {attributes: after[attributes] - before.get(attributes, 0) for attributes in after} == {
        **dict.fromkeys(before, 0),
        (("graphql.operation.type", "query"), ("outcome", "ok")): 2,
        (("outcome", "refused"),): 1,
    }


def test_telemetry_does_nothing_without_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    spec = importlib.util.find_spec("graphql_api.transport.telemetry")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.trace is None
    with module.span(GraphQLRequest(query="{ a }")) as tell:
        tell(GraphQLResponse(), 0.1)
