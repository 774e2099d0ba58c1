"""No secret is shown, however it is nested, spelled, quoted or cut, and no text takes long."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results.policy.access import Policy
from django_celery_results.policy.redaction import HIDDEN, markers, redact, redact_text

pytestmark = pytest.mark.any_database

SECRET = "hunter2-öß"
KEYS = ["password", "PASSWORD", "db_password", "apiKey", "api-key", "X-Auth-Token", "privateKey", "Authorization"]

keys = st.sampled_from(KEYS)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc ='\"\\{}[]()\n", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3),
    max_leaves=8,
)
nested = st.recursive(
    keys.map(lambda key: {key: SECRET}),
    lambda inner: (
        st.tuples(plain, inner, plain).map(list) | st.tuples(plain, inner).map(lambda it: {"a": it[0], "b": it[1]})
    ),
    max_leaves=4,
)


@given(nested)
def test_no_depth_shows_a_secret(value: Any) -> None:
    shown, hidden = redact(value)
    assert hidden
    assert SECRET not in repr(shown)


@given(nested, st.data())
def test_no_representation_shows_a_secret_wherever_it_is_cut(value: Any, data: st.DataObject) -> None:
    for text in (repr(value), json.dumps(value, ensure_ascii=False), json.dumps(repr(value), ensure_ascii=False)):
        cut = text[: data.draw(st.integers(0, len(text)))]
        assert SECRET not in redact_text(cut)[0]
        assert SECRET not in redact_text(text)[0]


@given(plain)
def test_what_names_no_secret_is_shown_as_it_is(value: Any) -> None:
    assert redact(value) == (value, False)
    assert redact_text(repr(value)) == (repr(value), False)


@given(st.text(max_size=200) | st.text("pasword='\"\\:@/{}[](),\n", max_size=400))
def test_what_is_hidden_bears_a_marker(text: str) -> None:
    shown, hidden = redact_text(text)
    assert hidden == (shown != text)
    if hidden:
        assert any(all(part in text.lower() for part in marker) for marker in markers())


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
def test_text_is_hidden_no_further_than_it_must(text: str, shown: str) -> None:
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
def test_a_name_beside_its_value_hides_it(value: Any) -> None:
    assert SECRET not in repr(redact(value)[0])


@pytest.mark.parametrize("key", [f"password={SECRET}", f"postgres://user:{SECRET}@host/db"])
def test_a_secret_in_a_key_is_hidden(key: str) -> None:
    shown, hidden = redact({key: 1})
    assert hidden
    assert SECRET not in repr(shown)


@pytest.mark.parametrize("key", ["password", "CONTRASEÑA", "Пароль", "🔑"])
def test_json_in_json_hides_its_secrets(key: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["password", "contraseña", "пароль", "🔑"]}
    text = json.dumps({key: "hunter2"})
    for _ in range(5):
        text = json.dumps(text)
        assert "hunter2" not in redact_text(text)[0]


@pytest.mark.parametrize("key", ["contraseña", "CONTRASEÑA", "Пароль", "ПАРОЛЬ"])
def test_keys_of_any_language_are_known_in_any_case(key: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["contraseña", "пароль"]}
    assert redact({key: SECRET}) == ({key: HIDDEN}, True)
    assert redact_text(repr({key: SECRET, "n": 1})) == (f"{{{key!r}: {HIDDEN}, 'n': 1}}", True)


def test_what_is_too_deep_to_look_at_is_hidden() -> None:
    value: Any = {"password": SECRET}
    for _ in range(5000):
        value = [value]
    assert redact(value)[1]


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
    ],
    ids=range(19),
)  # fmt: skip
@pytest.mark.timeout(20)
def test_hostile_text_takes_no_time(hostile: str) -> None:
    redact_text(hostile + "@")


def test_nothing_of_a_hidden_task_is_shown(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_TASKS": ["proj.login", "proj.auth.*"]}
    for name in ("proj.login", "proj.auth.token"):
        assert Policy().redact([1], task_name=name) == (HIDDEN, True)
    assert Policy().redact([1], task_name="proj.login2") == ([1], False)
    assert Policy().redact([1]) == ([1], False)


def test_the_names_are_a_setting(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["iban"]}
    assert redact({"IBAN": "DE00", "password": "x"}) == ({"IBAN": HIDDEN, "password": "x"}, True)
    assert redact_text("iban=DE00")[0] == f"iban={HIDDEN}"
