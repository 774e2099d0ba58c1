"""What is stored with a task: values, errors, progress."""

from __future__ import annotations

from .phrases import ELSE, TRACEBACK

PREVIEW = "Up to 4,000 only the beginning of a long value is read, and some characters less may be shown."

WORDS: dict[str, dict[str, str]] = {
    "SerializedValue": {
        "": "One stored value. Secrets in it are hidden; it is never unpickled.",
        "json": "The decoded value, or what stands at `path`. Null where it is no JSON, was cut, or has no such place.",
        "json.path": "Keys, and indexes of lists, from the outside in; 20 at most.",
        "text": "The stored text after redaction.",
        "text.maxLength": f"Characters at most, up to 1,000,000. {PREVIEW}",
        "contentType": "Media type that the row names; other values than JSON and plain text are not shown.",
        "contentEncoding": "Character encoding, or `binary`.",
        "byteLength": "Bytes of the stored text.",
        "isTruncated": "Whether its producer or this service cut it.",
        "isRedacted": "Whether a secret in it was hidden, also behind the characters that `text` shows.",
    },
    "TaskError": {
        "": "Why a task failed.",
        "type": "Name of the exception's class, with its module unless built in. Null where the row does not say it.",
        "module": "Module of the exception's class. Null where the row does not say it.",
        "message": f"The exception's message, secrets hidden. Null where the row does not say it. {TRACEBACK} {ELSE}",
        "message.maxLength": f"Characters at most, up to 1,000,000. {PREVIEW}",
        "traceback": f"The traceback, secrets hidden. Null where none is stored. {TRACEBACK} {ELSE}",
        "fingerprint": "Equal for errors of the same type at the same place. Null where it was not recorded.",
    },
    "TaskProgress": {
        "": "How far a task says it is, by `update_state` with `current` and perhaps `total`.",
        "current": "Steps done, in the task's own unit.",
        "total": "Steps to do, in the task's own unit. Null where it does not say.",
        "percent": "Of 100. Null without a total.",
        "message": "What it is doing. Null where it does not say.",
        "updatedAt": "When it said so.",
    },
}
