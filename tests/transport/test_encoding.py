"""JSON of requests and responses, with orjson and without."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.transport import encoding
from tests.random_examples import random_examples

pytestmark = pytest.mark.any_database

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture(params=["orjson", "json"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "json":
        monkeypatch.setattr(encoding, "_fast", None)
    else:
        assert encoding._fast


@random_examples(100)
@given(value=JSON_VALUES)
def test_json_value_round_trips(value: Any) -> None:
    assert json.loads(encoding.encode(value)) == value
    assert encoding.decode(encoding.encode(value)) == value


def test_values_that_json_cannot_represent_are_encoded_as_valid_json() -> None:
    value = {"nan": float("nan"), "big": 2**70, "deep": [[float("inf")]]}
    assert json.loads(encoding.encode(value)) == {"nan": None, "big": 2**70, "deep": [[None]]}
    assert encoding.encode("\ud800") == b'"\\ud800"'
