"""Values as the record and previews show them: JSON whose text is the same in every process."""

import pytest

from django_celery_results.actions.plain import plain

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("value", [{"b", "a", "c", "d"}, frozenset({"b", "a", "c", "d"})])
def test_a_set_is_a_list_in_the_order_of_its_items(value: object) -> None:
    assert plain(value) == ["a", "b", "c", "d"]


def test_items_of_several_types_have_an_order_too() -> None:
    assert plain({None, 1, "a", (2, 3)}) == ["a", 1, None, [2, 3]]


def test_objects_are_named_and_none_of_their_code_runs() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise AssertionError

    assert plain({"x": Loud(), "y": [{Loud()}]}) == {"x": "[Loud]", "y": [["[Loud]"]]}
