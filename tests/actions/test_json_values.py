"""Python values as JSON for the audit and for previews: the same text in every process, and no code is run."""

import pytest

from django_celery_results.actions.plain import plain

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("value", [{"b", "a", "c", "d"}, frozenset({"b", "a", "c", "d"})])
def test_set_becomes_a_sorted_list(value: object) -> None:
    assert plain(value) == ["a", "b", "c", "d"]


def test_set_of_several_types_becomes_a_sorted_list() -> None:
    assert plain({None, 1, "a", (2, 3)}) == ["a", 1, None, [2, 3]]


def test_object_becomes_its_class_name_without_calling_repr() -> None:
    class RaisesInRepr:
        def __repr__(self) -> str:
            raise AssertionError

    assert plain({"x": RaisesInRepr(), "y": [{RaisesInRepr()}]}) == {"x": "[RaisesInRepr]", "y": [["[RaisesInRepr]"]]}
