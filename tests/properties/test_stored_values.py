"""Values on their way into columns and back: nothing raises, and every value that a column can hold is kept."""

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from django_celery_results import codec, facts
from tests.random_examples import random_examples

TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates and NUL included
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@random_examples(100)
@given(TEXT)
def test_cleaned_text_can_be_stored_by_every_database(text: str) -> None:
    cleaned = codec.clean(text)
    assert "\0" not in cleaned
    cleaned.encode()
    assert codec.clean(cleaned) == cleaned


@random_examples(100)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_text_without_nul_and_surrogates_is_unchanged(text: str) -> None:
    assert codec.clean(text) == text


@random_examples(100)
@given(TEXT, st.integers(10, 60))
def test_only_text_above_the_limit_is_shortened(text: str, limit: int) -> None:
    shortened = codec.shorten(text, limit)
    assert len(shortened) <= limit
    assert (shortened == text) is (len(text) <= limit)


@random_examples(100)
@given(st.text(min_size=60, max_size=80), st.text(min_size=60, max_size=80))
def test_different_texts_stay_different_when_shortened(one: str, other: str) -> None:
    prefix = "x" * 60
    assert (codec.shorten(prefix + one, 50) == codec.shorten(prefix + other, 50)) is (one == other)


@random_examples(100)
@given(JSON)
def test_json_value_round_trips_and_is_shown(value: Any) -> None:
    content_type, encoding, text = codec.encode(value, "json")
    assert codec.decode(text, content_type, encoding, {"application/json"}) == value
    assert codec.peek(text, content_type, encoding).value == json.loads(text)


@random_examples(100)
@given(JSON)
def test_pickled_value_is_never_shown(value: Any) -> None:
    content_type, encoding, text = codec.encode(value, "pickle")
    assert not codec.peek(text, content_type, encoding).is_shown


@random_examples(100)
@given(TEXT, st.sampled_from(["application/json", "text/plain", "application/x-python-serialize", "", "?"]), TEXT)
def test_peek_never_raises_and_shows_no_unknown_content_type(text: str, content_type: str, encoding: str) -> None:
    peek = codec.peek(text, content_type, encoding)
    assert peek.is_shown or peek.value is None
    if text and content_type in ("application/x-python-serialize", "?"):
        assert not peek.is_shown


@random_examples(100)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("task", "name", "hostname", "headers", "properties", "eta", "retries", "root_id", "group"), JSON
        )
        | {"delivery_info": st.dictionaries(st.sampled_from(["routing_key", "exchange", "priority"]), JSON)},
    )
)
def test_request_with_malformed_attributes_becomes_columns(attributes: dict[str, Any]) -> None:
    request = SimpleNamespace(**attributes)
    columns = facts.names_of(request) | facts.origin_of(request)
    assert None not in columns.values()
    for number in ("priority", "retries"):
        assert -(2**31) < columns.get(number, 0) < 2**31
