"""The scalars as strawberry defines them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from graphql_api import scalars
from graphql_api.vocabulary import words

JSON = NewType("JSON", object)

SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=words("DateTime"),
        serialize=scalars.time_out,
        parse_value=scalars.time_in,
    ),
    timedelta: strawberry.scalar(
        name="Duration",
        description=words("Duration"),
        serialize=scalars.duration_out,
        parse_value=scalars.duration_in,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description=words("JSON"),
        parse_value=scalars.json_in,
    ),
}
