"""The beginning of a JSON text is decoded as far as it goes, and never as something that the whole does not say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results.policy.redaction import BY_OTHERS
from django_celery_results.query import json_head

TEXT = st.text(max_size=6)
KEYS = TEXT.filter(lambda key: key.lower() not in BY_OTHERS)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def is_beginning(head: Any, whole: Any) -> bool:
    """Whether each part of `head` is in `whole` at the same place, and strings are the beginnings of those there."""
    if isinstance(head, str):
        is_half = "\ud800" <= head[-1:] <= "\udbff"  # of an escaped pair
        return isinstance(whole, str) and whole.startswith(head[:-1] if is_half else head)
    if isinstance(head, list):
        return len(head) <= len(whole) and all(map(is_beginning, head, whole))
    if isinstance(head, dict):
        return all(is_beginning(item, whole[key]) for key, item in head.items())
    return bool(head == whole)


@given(VALUES, st.data(), st.booleans())
def test_head_is_the_beginning_of_the_whole(value: Any, data: st.DataObject, ensure_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    length = data.draw(st.integers(min_value=0, max_value=len(text)))
    try:
        head = json_head.decode(text[:length])
    except ValueError:
        assert not text.startswith(("[", "{", '"')) or length == 0
        return
    assert is_beginning(head, value)


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ('{"a": [1, 2', {"a": [1]}),
        ('{"a": "x\\u00e', {"a": "x"}),
        ('{"a": "x\\', {"a": "x"}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, "b"', {"a": 1}),
        ('{"a": {}, "b": tru', {"a": {}}),
        ('[{"value": 1}, {"val', [{"value": 1}, {}]),
    ],
)
def test_unfinished_parts_are_left_out(text: str, head: Any) -> None:
    assert json_head.decode(text) == head


@pytest.mark.parametrize(
    "text", ['{"value": "x', '[{"Values": [1, 2', '{"\\u0076alue": 1, "a": [', '{"a": {"value": {"b']
)
def test_value_of_an_unfinished_object_may_get_a_name(text: str) -> None:
    with pytest.raises(json_head.NameMayFollow):
        json_head.decode(text)


@pytest.mark.parametrize("text", ["", "x", "]", "[}", "[" * 100, "gASV", "('a',", '"\\u12 and more text behind it'])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - most are those of json
        json_head.decode(text)
