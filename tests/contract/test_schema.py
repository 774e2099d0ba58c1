"""The schema: every element is described, both engines print it alike, and schema.graphql is up to date."""

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
from tests.contract.graphql_client import ENGINES

pytestmark = pytest.mark.any_database

COMMITTED = Path(__file__).parents[2] / "schema.graphql"
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}


@pytest.fixture(scope="module")
def committed() -> GraphQLSchema:
    return build_schema(COMMITTED.read_text())


def descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Yield the coordinate and the description of every type, field, argument and enum value."""
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", member.description) for value, member in kind.values.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            yield from ((f"{name}.{field_name}", field.description) for field_name, field in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                yield from (
                    (f"{name}.{field_name}({key}:)", argument.description) for key, argument in field.args.items()
                )


def test_every_type_field_argument_and_value_has_a_description(committed: GraphQLSchema) -> None:
    assert [name for name, text in descriptions(committed) if not text] == []


def output_fields(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Yield the coordinate and the definition of every field that can be selected."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__"):
            yield from ((f"{name}.{field_name}", field) for field_name, field in kind.fields.items())


def is_nullable(kind: Any) -> bool:
    """Return whether the value, or an item of the list, may be null."""
    if not isinstance(kind, GraphQLNonNull):
        return True
    return isinstance(kind.of_type, GraphQLList) and is_nullable(kind.of_type.of_type)


def test_description_of_a_nullable_field_says_when_it_is_null(committed: GraphQLSchema) -> None:
    fields = [(name, field) for name, field in output_fields(committed) if is_nullable(field.type)]
    assert [name for name, field in fields if not mentions(field, "null")] == []


def test_description_of_a_duration_field_names_its_unit(committed: GraphQLSchema) -> None:
    fields = [(name, field) for name, field in output_fields(committed) if name.endswith("Seconds")]
    assert fields
    assert [name for name, field in fields if not mentions(field, "seconds")] == []


def mentions(field: Any, word: str) -> bool:
    return word in (field.description or "").lower()


def test_schema_uses_standard_directives_only() -> None:
    applied: set[str] = set()

    class Directives(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            applied.add(node.name.value)

    document = parse(COMMITTED.read_text())
    visit(document, Directives())
    assert applied == {"specifiedBy", "oneOf"}
    assert not any(isinstance(node, DirectiveDefinitionNode) for node in document.definitions)


def test_every_permission_named_in_a_description_exists(committed: GraphQLSchema) -> None:
    named = {
        permission
        for _, text in descriptions(committed)
        for permission in re.findall(r"django_celery_results\.\w+", text or "")
    }
    assert named
    assert named <= {action.permission for action in Action}


def test_error_code_enum_lists_the_codes_of_actions(committed: GraphQLSchema) -> None:
    enum = committed.get_type("ErrorCode")
    assert isinstance(enum, GraphQLEnumType)
    assert set(enum.values) == {code.value for code in ErrorCode}


def test_task_reference_is_a_one_of_input(committed: GraphQLSchema) -> None:
    ref = committed.get_type("TaskRef")
    assert isinstance(ref, GraphQLInputObjectType)
    assert ref.is_one_of


def test_committed_schema_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_graphql_schema", str(COMMITTED), check=True)
    assert "is up to date" in capsys.readouterr().out


@pytest.mark.parametrize("name", ENGINES)
def test_engine_prints_the_committed_schema(name: str) -> None:
    assert import_module(f"graphql_api.{name}.schema").printed() == COMMITTED.read_text()


def test_check_of_an_outdated_file_fails_and_shows_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outdated = tmp_path / "schema.graphql"
    call_command("export_graphql_schema", str(outdated))
    assert outdated.read_text() == COMMITTED.read_text()
    outdated.write_text(outdated.read_text().replace("taskId: String!", "taskId: String"))
    with pytest.raises(CommandError, match="out of date"):
        call_command("export_graphql_schema", str(outdated), check=True)
    assert "+  taskId: String!" in capsys.readouterr().err


def test_schema_is_exported_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_graphql_schema", "-")
    assert capsys.readouterr().out == COMMITTED.read_text()
