"""Examples of what tasks, logs and tools write: each secret in them is hidden, and whatever is harmless is shown."""

import json
import re

import pytest

from django_celery_results.policy import redaction
from django_celery_results.policy.redaction import redact, redact_text
from tests.policy.examples import decoded, secrets_of, text_of
from tests.policy.redaction_corpus import HARMLESS, SECRETS

pytestmark = pytest.mark.any_database


def test_corpus_is_large_and_repeats_nothing() -> None:
    assert len(SECRETS) >= 200
    assert len(HARMLESS) >= 200
    assert len({*SECRETS, *HARMLESS}) == len(SECRETS) + len(HARMLESS)


@pytest.mark.parametrize("example", SECRETS)
def test_every_secret_is_hidden(example: str) -> None:
    text = text_of(example)
    forms = [redact_text(text), *map(redact, decoded(text)), redact([text]), redact({"log": text})]
    for shown, is_redacted in forms:
        assert is_redacted
        for secret in secrets_of(example):
            assert secret not in (shown if isinstance(shown, str) else repr(shown))


@pytest.mark.parametrize("example", SECRETS)
def test_database_can_find_every_text_with_a_secret(example: str) -> None:
    stored = text_of(example)
    scheme, at = redaction.URL_MARKER
    for _ in range(3):
        assert re.search(redaction.marker(), stored) or (re.search(scheme, stored) and at in stored)
        stored = json.dumps(stored)


def test_no_harmless_example_is_changed() -> None:
    changed = {text for text in HARMLESS if redact_text(text) != (text, False)}
    changed |= {text for text in HARMLESS if any(redact(value)[1] for value in decoded(text))}
    assert changed == set()
