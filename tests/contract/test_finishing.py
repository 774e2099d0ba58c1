"""What is put on a schema that a project built with types of its own."""

import pytest
from graphql import GraphQLObjectType, build_schema

from graphql_api.finishing import finish

pytestmark = [pytest.mark.any_database]


def test_what_a_project_adds_to_a_shared_type_keeps_its_own_words() -> None:
    text = """type Query { page: PageInfo }
      type PageInfo { hasNextPage: Boolean! "Of a project." total: Int }"""
    schema = build_schema(text)
    finish(schema)
    kind = schema.type_map["PageInfo"]
    assert isinstance(kind, GraphQLObjectType)
    assert kind.description == "Whether and where a list goes on."
    described = {name: field.description for name, field in kind.fields.items()}
    assert described == {"hasNextPage": "Whether rows follow the page.", "total": "Of a project."}
