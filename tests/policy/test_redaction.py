"""Redaction: no secret is shown, however it is nested, spelled, quoted or truncated; other text is unchanged."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results.policy.access import Policy
from django_celery_results.policy.redaction import HIDDEN, bears_marker, marker, redact, redact_text
from tests.random_examples import random_examples

pytestmark = pytest.mark.any_database

SECRET = "hunter2-öß"
KEYS = ["password", "PASSWORD", "db_password", "apiKey", "api-key", "X-Auth-Token", "privateKey", "Authorization"]

WITHOUT_SECRETS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc ='\"\\{}[]()\n", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3),
    max_leaves=8,
)
WITH_SECRETS = st.recursive(
    st.sampled_from(KEYS).map(lambda key: {key: SECRET}),
    lambda inner: (
        st.tuples(WITHOUT_SECRETS, inner, WITHOUT_SECRETS).map(list)
        | st.tuples(WITHOUT_SECRETS, inner).map(lambda pair: {"a": pair[0], "b": pair[1]})
    ),
    max_leaves=4,
)


@random_examples(100)
@given(WITH_SECRETS)
def test_secret_is_redacted_at_any_depth(value: Any) -> None:
    shown, hidden = redact(value)
    assert hidden
    assert SECRET not in repr(shown)


@random_examples(100)
@given(WITH_SECRETS, st.data())
def test_secret_is_redacted_in_any_representation_wherever_it_is_truncated(value: Any, data: st.DataObject) -> None:
    for text in (repr(value), json.dumps(value, ensure_ascii=False), json.dumps(repr(value), ensure_ascii=False)):
        truncated = text[: data.draw(st.integers(0, len(text)))]
        assert SECRET not in redact_text(truncated)[0]
        assert SECRET not in redact_text(text)[0]


@random_examples(100)
@given(WITHOUT_SECRETS)
def test_value_without_secrets_is_unchanged(value: Any) -> None:
    assert redact(value) == (value, False)
    assert redact_text(repr(value)) == (repr(value), False)


@random_examples(100)
@given(st.text(max_size=200) | st.text("pasword='\"\\:@/{}[](),\n", max_size=400))
def test_redacted_text_contains_a_marker_of_secrets(text: str) -> None:
    shown, hidden = redact_text(text)
    assert hidden == (shown != text)
    if hidden:
        assert bears_marker(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login(user='bob', password='x\\'y', n=1)", f"login(user='bob', password={HIDDEN}, n=1)"),
        ("{'token': ['a', {'b': ')'}], 'n': 1}", f"{{'token': {HIDDEN}, 'n': 1}}"),
        ("{'token': None, 'n': 1}", f"{{'token': {HIDDEN}, 'n': 1}}"),
        ("{'token': 12345, 'n': 1}", f"{{'token': {HIDDEN}, 'n': 1}}"),
        ('{\\"password\\": \\"x\\", \\"n\\": 1}', f'{{\\"password\\": {HIDDEN}'),
        ("config['password'] = 'x'", f"config['password'] = {HIDDEN}"),
        ("[('Authorization', 'Basic abc'), 1]", f"[('Authorization', {HIDDEN}), 1]"),
        ("Authorization: Basic abc\nHost: a", f"Authorization: {HIDDEN}\nHost: a"),
        ("GET /?token=abc&page=2", f"GET /?token={HIDDEN}&page=2"),
        ("amqp://guest:p@ss@host:5672//", f"amqp://{HIDDEN}@host:5672//"),
        ("could not reach redis://:pa/ss@10.0.0.1/0", f"could not reach redis://{HIDDEN}@10.0.0.1/0"),
        ("https://ghp_abc@github.com/a", f"https://{HIDDEN}@github.com/a"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("jwt.InvalidTokenError: Signature has expired", "jwt.InvalidTokenError: Signature has expired"),
        ("<password>x</password>\n<b>1</b>", f"<password>{HIDDEN}\n<b>1</b>"),
        ("/login?next=%2F%3Ftoken%3Dx", f"/login?next=%2F%3Ftoken%3D{HIDDEN}"),
        ("%22password%22%3A%22x%22", f"%22password%22%3A{HIDDEN}"),
        ("&quot;password&quot;: &quot;x&quot;", f"&quot;password&quot;: {HIDDEN}"),
        ("private_key = '''\nMI'I\n''', n=1", f"private_key = {HIDDEN}, n=1"),
        ("sent Bearer abcdefghijklmnop.xyz to it", f"sent Bearer {HIDDEN} to it"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n", f"-----BEGIN RSA PRIVATE KEY-----{HIDDEN}"),
    ],
)
def test_only_the_secret_part_of_a_text_is_redacted(text: str, shown: str) -> None:
    assert redact_text(text)[0] == shown


@pytest.mark.parametrize(
    "value",
    [
        ["password", SECRET],
        {"name": "token", "value": SECRET},
        [{"key": "Secret", "value": SECRET}],
        {"Key": "password", "Value": SECRET},
        {"header": "Authorization", "values": [SECRET]},
        ["mysql", "--password", SECRET, "shop"],
    ],
)
def test_value_beside_the_name_of_a_secret_is_redacted(value: Any) -> None:
    assert SECRET not in repr(redact(value)[0])


@pytest.mark.parametrize("key", [f"password={SECRET}", f"postgres://user:{SECRET}@host/db"])
def test_secret_within_a_key_is_redacted(key: str) -> None:
    shown, hidden = redact({key: 1})
    assert hidden
    assert SECRET not in repr(shown)


@pytest.mark.parametrize("key", ["password", "CONTRASEÑA", "Пароль", "🔑"])
def test_secret_in_json_encoded_several_times_is_redacted(key: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["password", "contraseña", "пароль", "🔑"]}
    text = json.dumps({key: "hunter2"})
    for _ in range(5):
        text = json.dumps(text)
        assert "hunter2" not in redact_text(text)[0]


@pytest.mark.parametrize("key", ["contraseña", "CONTRASEÑA", "Пароль", "ПАРОЛЬ"])
def test_non_ascii_keys_match_in_any_case(key: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["contraseña", "пароль"]}
    assert redact({key: SECRET}) == ({key: HIDDEN}, True)
    assert redact_text(repr({key: SECRET, "n": 1})) == (f"{{{key!r}: {HIDDEN}, 'n': 1}}", True)


def test_value_nested_too_deep_is_redacted() -> None:
    value: Any = {"password": SECRET}
    for _ in range(5000):
        value = [value]
    shown, hidden = redact(value)
    assert hidden
    assert SECRET not in repr(shown)


@pytest.mark.parametrize(
    "hostile",
    [
        "password" * 125_000, "password" + "a" * 1_000_000, "password='" + "\\" * 1_000_000,
        "password=" + "[" * 1_000_000,
        "a://" * 250_000, "a" * 1_000_000 + "://", "://" + ":" * 1_000_000, "bearer " * 140_000,
        "a://" + "b:" * 500_000, "-----BEGIN PRIVATE KEY-----" * 30_000, "password " * 100_000,
        "'password'" + " " * 1_000_000, "password=[" * 50_000, "token='a" * 100_000,
        "password" + ("." * 60 + "password") * 14_000, "password%22" * 90_000, "password>" * 110_000,
        "password='''" + "''\\" * 300_000, "password" + "&quot;" * 160_000,
        "pass" + "-" * 1_000_000, "pass " * 200_000, "pass_" * 200_000, 'pass"' * 200_000, "pass" + "&quot;" * 160_000,
        "-" * 1_000_000, "-a" * 500_000, "--pass " * 140_000, "-u " * 330_000, "-u a" * 250_000,
        "-u " + "a" * 1_000_000,
        "basic " * 160_000, "basic" + " " * 1_000_000, "eyJ" * 330_000, ".eyJ" * 250_000, "eyJ" + "a" * 1_000_000,
        "aA" * 500_000, "%41" * 330_000, "\\" * 1_000_000, "password: |\n " * 70_000, "password:\n" + " \n" * 500_000,
        "signature: " * 90_000, "PWD=/" + "a/" * 500_000, '["otp", ' * 120_000,
    ],
    ids=range(43),
)  # fmt: skip
def test_redaction_of_a_megabyte_of_hostile_text_ends(hostile: str) -> None:
    # In seconds; with a quadratic expression it would take hours, and the suite's timeout would end it.
    shown, hidden = redact_text(hostile + "@")
    assert hidden == (shown != hostile + "@")
    assert not hidden or re.search(marker(), hostile) or "://" in hostile


def test_every_value_of_a_task_in_redact_tasks_is_redacted(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_TASKS": ["proj.login", "proj.auth.*"]}
    for name in ("proj.login", "proj.auth.token"):
        assert Policy().redact([1], task_name=name) == (HIDDEN, True)
    assert Policy().redact([1], task_name="proj.login2") == ([1], False)
    assert Policy().redact([1]) == ([1], False)


def test_redact_keys_setting_replaces_the_default_keys(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["iban"]}
    assert redact({"IBAN": "DE00", "password": "x"}) == ({"IBAN": HIDDEN, "password": "x"}, True)
    assert redact_text("iban=DE00")[0] == f"iban={HIDDEN}"
