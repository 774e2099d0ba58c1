"""Patching a schema that a project built with types of its own."""

import pytest
from graphql import GraphQLObjectType, build_schema

from graphql_api.finishing import finish

pytestmark = pytest.mark.any_database


def test_patching_describes_relay_fields_and_keeps_descriptions_of_the_project() -> None:
    sdl = """type Query { page: PageInfo }
      type PageInfo { hasNextPage: Boolean! "Of a project." total: Int }"""
    schema = build_schema(sdl)
    finish(schema)
    page_info = schema.type_map["PageInfo"]
    assert isinstance(page_info, GraphQLObjectType)
    assert page_info.description
    assert page_info.fields["hasNextPage"].description
    assert page_info.fields["total"].description == "Of a project."
