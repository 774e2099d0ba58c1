"""Text and values on their way into columns: nothing raises, nothing is lost without a mark."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from django_celery_results import codec, facts

TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates and NUL included
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(TEXT)
def test_clean_text_is_what_every_database_stores(text: str) -> None:
    cleaned = codec.clean(text)
    assert "\0" not in cleaned
    cleaned.encode()
    assert codec.clean(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_good_text_stays_as_it_is(text: str) -> None:
    assert codec.clean(text) == text


@given(TEXT, st.integers(10, 60))
def test_short_text_stays_and_long_text_is_cut_to_the_column(text: str, limit: int) -> None:
    cut = codec.shorten(text, limit)
    assert len(cut) <= limit
    assert (cut == text) is (len(text) <= limit)


@given(st.text(min_size=60, max_size=80), st.text(min_size=60, max_size=80))
def test_two_long_texts_stay_two(one: str, other: str) -> None:
    prefix = "x" * 60
    assert (codec.shorten(prefix + one, 50) == codec.shorten(prefix + other, 50)) is (one == other)


@given(JSON)
def test_json_is_read_back_and_shown(value: Any) -> None:
    content_type, encoding, text = codec.encode(value, "json")
    assert codec.decode(text, content_type, encoding, {"application/json"}) == value
    assert codec.peek(text, content_type, encoding).value == json.loads(text)


@given(JSON)
def test_pickle_is_never_shown(value: Any) -> None:
    content_type, encoding, text = codec.encode(value, "pickle")
    assert not codec.peek(text, content_type, encoding).is_shown


@given(TEXT, st.sampled_from(["application/json", "text/plain", "application/x-python-serialize", "", "?"]), TEXT)
def test_a_peek_at_anything_never_fails(text: str, content_type: str, encoding: str) -> None:
    codec.peek(text, content_type, encoding)


class Anything:
    """A request with attributes of any kind."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.__dict__.update(told)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("task", "name", "hostname", "headers", "properties", "eta", "retries", "root_id", "group"), JSON
        )
        | {"delivery_info": st.dictionaries(st.sampled_from(["routing_key", "exchange", "priority"]), JSON)},
    )
)
def test_no_request_is_too_odd_to_be_stored(told: dict[str, Any]) -> None:
    request = Anything(told)
    columns = facts.names_of(request) | facts.origin_of(request)
    assert None not in columns.values()
    for number in ("priority", "retries"):
        assert -(2**31) < columns.get(number, 0) < 2**31
