"""Filters that depend on the clock, on settings, on other rows or on letter case select the right tasks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from django_celery_results.exceptions import InvalidInput
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.key_filters import KeyFilter
from django_celery_results.query.operators import DateTimeFilter, IDFilter, StringFilter
from django_celery_results.query.tasks import selected
from tests.factories import create_task
from tests.tasks import echo

pytestmark = pytest.mark.django_db


def ids(where: TaskResultFilter) -> list[str]:
    return sorted(row.task_id for row in selected(SYSTEM, where))


def test_time_windows_are_relative_to_now() -> None:
    now = timezone.now()
    for hours in (1, 3):
        create_task(f"{hours}h", date_created=now - timedelta(hours=hours))
    two_hours = timedelta(hours=2)
    assert ids(TaskResultFilter(date_created=DateTimeFilter(within_last=two_hours))) == ["1h"]
    assert ids(TaskResultFilter(date_created=DateTimeFilter(older_than=two_hours))) == ["3h"]
    assert ids(TaskResultFilter(date_done=DateTimeFilter(within_last=two_hours))) == ["1h", "3h"]


def test_i_operators_ignore_case() -> None:
    for name in ("Proj.Add", "proj.sub", "%"):
        create_task(name, task_name=name)
    assert ids(TaskResultFilter(task_name=StringFilter(i_eq="PROJ.ADD"))) == ["Proj.Add"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_contains="OJ.S"))) == ["proj.sub"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_starts_with="PROJ"))) == ["Proj.Add", "proj.sub"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_ends_with="ADD"))) == ["Proj.Add"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_contains="%"))) == ["%"]


def test_regex_matches_where_the_setting_allows_it(settings: Settings) -> None:
    create_task("t1", task_name="proj.add")
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_REGEX": True}
    assert ids(TaskResultFilter(task_name=StringFilter(regex="^proj[.]a"))) == ["t1"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_regex="^PROJ"))) == ["t1"]
    assert ids(TaskResultFilter(not_=TaskResultFilter(worker=StringFilter(regex="x")))) == ["t1"]


def test_was_retried_follows_the_row_of_the_retry() -> None:
    create_task("first")
    create_task("second", retried_from="first")
    assert ids(TaskResultFilter(was_retried=True)) == ["first"]
    assert ids(TaskResultFilter(was_retried=False)) == ["second"]


def test_id_prefix_is_case_sensitive_and_literal() -> None:
    for name in ("a_1", "ab1", "A_1"):
        create_task(f"{name}-{len(name)}{name.isupper()}")
    assert ids(TaskResultFilter(task_id=IDFilter(starts_with="a_"))) == ["a_1-3False"]


def test_key_filter_selects_by_primary_key() -> None:
    rows = [create_task(name) for name in "abc"]
    assert ids(TaskResultFilter(id=KeyFilter(eq=rows[0].pk))) == ["a"]
    assert ids(TaskResultFilter(id=KeyFilter(in_=(rows[0].pk, rows[2].pk, 10**17)))) == ["a", "c"]
    assert ids(TaskResultFilter(id=KeyFilter(not_in=(rows[0].pk,)))) == ["b", "c"]
    assert ids(TaskResultFilter(id=KeyFilter(in_=()))) == ids(TaskResultFilter(id=KeyFilter(eq=1 << 70))) == []
    assert ids(TaskResultFilter(id=KeyFilter(not_in=()))) == ["a", "b", "c"]


def test_empty_list_on_a_payload_selects_without_reading_it() -> None:
    create_task("open", task_name=echo.name, task_args='"(1,)"')
    create_task("secret", task_name=echo.name, task_args="\"('password=x',)\"")
    assert ids(TaskResultFilter(args=StringFilter(not_in=()))) == ["open", "secret"]
    assert ids(TaskResultFilter(args=StringFilter(not_in=("2",)))) == ["open"]
    assert ids(TaskResultFilter(args=StringFilter(in_=()))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail", ["t1", "t2"]),
        ("MAIL w1", ["t1"]),
        ("mail -w1", ["t2"]),
        ("-mail", ["t3"]),
        ('"two words"', ["t3"]),
        ('"words two"', []),
        ("worker:w2", ["t2"]),
        ("name:w2", []),
        ("-worker:w1", ["t2", "t3"]),
        ('result:"[1, 2]"', ["t1"]),
        ("traceback:boom", ["t2"]),
        ("http://x", ["t3"]),
        ("error:value", ["t2"]),
        ("status:fail", ["t2"]),
        ("%", []),
        ("args:", []),
        ("- t1", []),
    ],
)
def test_search_matches_words_fields_and_negations(text: str, expected: list[str]) -> None:
    create_task("t1", task_name="shop.mail", worker="w1@host", result="[1, 2]")
    create_task(
        "t2", task_name="shop.mail", worker="w2@host", status="FAILURE", error_type="ValueError", traceback="Boom"
    )
    create_task("t3", task_name="two words", queue="http://x")
    assert ids(TaskResultFilter(search=text)) == expected


@pytest.mark.parametrize("text", ["", "  ", '""', "a b c d e f g h i j k", "x" * 501, "\0", "\ud800"])
def test_invalid_search_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        ids(TaskResultFilter(search=text))


def test_search_words_count_as_conditions() -> None:
    words = TaskResultFilter(search="a b c d e f g h i j")
    assert ids(TaskResultFilter(or_=(words,) * 9)) == []
    with pytest.raises(InvalidInput, match="100 conditions"):
        ids(TaskResultFilter(or_=(words,) * 10))


@pytest.mark.parametrize("key", ["CONTRASEÑA", "ContraseÑa", "Пароль", "ПароЛЬ", "contrase\\u00d1a"])
def test_redacted_keys_match_in_any_case_and_script(key: str, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["contraseña", "пароль"]}
    create_task("secret", result=f"{key}=hunter2")
    create_task("open", result="key=hunter2")
    for guess in (StringFilter(contains="hunter2"), StringFilter(ne="x")):
        assert ids(TaskResultFilter(result=guess)) == ["open"]
