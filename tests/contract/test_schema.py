"""The schema is described throughout, and the committed file is what the code prints."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from graphql import (
    DirectiveNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    visit,
)
from graphql.language import DirectiveDefinitionNode, Visitor

from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.policy.access import Action
from tests.contract.conftest import ENGINES

pytestmark = pytest.mark.any_database

COMMITTED = Path(__file__).parents[2] / "schema.graphql"
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


@pytest.fixture(scope="module")
def committed() -> GraphQLSchema:
    return build_schema(COMMITTED.read_text())


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", known.description) for value, known in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            yield from ((f"{name}.{field}", known.description) for field, known in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, known in kind.fields.items():
                yield from ((f"{name}.{field}({arg}:)", given.description) for arg, given in known.args.items())


def test_everything_is_described(committed: GraphQLSchema) -> None:
    assert [name for name, text in descriptions(committed) if not text] == []


def outputs(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__"):
            yield from ((f"{name}.{field}", known) for field, known in kind.fields.items())


def may_be_null(kind: Any) -> bool:
    """It, or a part of it."""
    if not isinstance(kind, GraphQLNonNull):
        return True
    return isinstance(kind.of_type, GraphQLList) and may_be_null(kind.of_type.of_type)


def test_every_null_has_its_reason(committed: GraphQLSchema) -> None:
    silent = [name for name, field in outputs(committed) if may_be_null(field.type) and not says(field, "null")]
    assert silent == []


def test_every_span_of_time_has_its_unit(committed: GraphQLSchema) -> None:
    assert [name for name, field in outputs(committed) if name.endswith("Seconds") and not says(field, "seconds")] == []


def says(field: Any, word: str) -> bool:
    return word in (field.description or "").lower()


def test_no_directive_is_our_own() -> None:
    applied: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            applied.add(node.name.value)

    document = parse(COMMITTED.read_text())
    visit(document, Directives())
    assert applied == {"specifiedBy", "oneOf"}
    assert not any(isinstance(node, DirectiveDefinitionNode) for node in document.definitions)


def test_every_permission_that_a_description_names_exists(committed: GraphQLSchema) -> None:
    named = {
        found for _, text in descriptions(committed) for found in re.findall(r"django_celery_results\.\w+", text or "")
    }
    assert named
    assert named <= {action.permission for action in Action}


def test_every_error_code_can_be_answered(committed: GraphQLSchema) -> None:
    enum = committed.get_type("ErrorCode")
    assert isinstance(enum, GraphQLEnumType)
    assert set(enum.values) == {code.value for code in ErrorCode}


def test_references_take_exactly_one_id(committed: GraphQLSchema) -> None:
    ref = committed.get_type("TaskRef")
    assert isinstance(ref, GraphQLInputObjectType)
    assert ref.is_one_of


def test_the_committed_schema_is_what_the_code_prints(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_graphql_schema", str(COMMITTED), check=True)
    assert "is up to date" in capsys.readouterr().out


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_has_the_same_schema(name: str) -> None:
    assert import_module(f"graphql_api.{name}.schema").printed() == COMMITTED.read_text()


def test_an_outdated_file_fails_the_check_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outdated = tmp_path / "schema.graphql"
    call_command("export_graphql_schema", str(outdated))
    assert outdated.read_text() == COMMITTED.read_text()
    outdated.write_text(outdated.read_text().replace("taskId: String!", "taskId: String"))
    with pytest.raises(CommandError, match="out of date"):
        call_command("export_graphql_schema", str(outdated), check=True)
    assert "+  taskId: String!" in capsys.readouterr().err


def test_the_schema_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_graphql_schema", "-")
    assert capsys.readouterr().out == COMMITTED.read_text()
