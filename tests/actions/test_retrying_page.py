"""The page docs/retrying.md is complete, and its examples work."""

import base64
import re
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.fernet import Fernet

from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.signals import task_retried, tell_retried
from django_celery_results.conf import Settings
from django_celery_results.message_codec import Message, MessageUnavailable, decode, encode
from django_celery_results.models import Operation
from tests.celery_app import app
from tests.tasks import fail_first

PAGE = (Path(__file__).parents[2] / "docs" / "retrying.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_page_explains_every_refusal() -> None:
    table = PAGE.partition("## Refusals")[2].partition("## ")[0]
    assert set(re.findall(r"`([A-Z_]+)`", table)) >= {code.value for code in ErrorCode}


def test_page_names_only_settings_that_exist() -> None:
    known = {name.upper() for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"`((?:STORE|MESSAGE|OPERATION|REDACT|CELERY)_[A-Z_]+)`", PAGE))
    assert named
    assert named <= known


def test_cipher_example_encrypts_messages_and_rotates_keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    example = ModuleType("example")
    exec(next(block for block in BLOCKS if "class Cipher" in block), vars(example))
    monkeypatch.setitem(sys.modules, "example", example)
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_CIPHER": "example.Cipher"}
    old, new = Fernet.generate_key(), Fernet.generate_key()
    message = Message(task_name=fail_first.name, serializer="json", args=["pepper"], kwargs={"n": Decimal("1.50")})

    settings.MESSAGE_KEYS = [old]
    record = encode(app, "id", message)
    assert "pepper" not in f"{record.body}{record.options}"
    assert base64.b64encode(b"pepper").decode() not in f"{record.body}{record.options}"
    settings.MESSAGE_KEYS = [new, old]
    again = decode(app, record)
    assert (again.args, again.kwargs) == (message.args, message.kwargs)
    settings.MESSAGE_KEYS = [new]
    with pytest.raises(MessageUnavailable, match="InvalidToken"):
        decode(app, record)


def test_receiver_example_prints_a_retry(capsys: pytest.CaptureFixture[str]) -> None:
    block = next(block for block in BLOCKS if "@receiver" in block)
    names: dict[str, Any] = {}
    exec(block, names)
    try:
        tell_retried(None, Operation(actor_name="ada", task_id="a", new_task_id="b", reason="fixed"))
    finally:
        task_retried.disconnect(names["tell"])
    assert capsys.readouterr().out == "ada runs a again as b: fixed\n"
