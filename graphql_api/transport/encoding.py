"""JSON on the wire: strict in what it reads, always valid in what it writes; orjson writes where it is installed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn

try:
    from orjson import dumps as _fast
except ImportError:
    _fast: Callable[[Any], bytes] | None = None  # type: ignore[no-redef]


def decode(body: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises ValueError for anything else, NaN and lone surrogates included."""
    try:
        # Not orjson: it turns whole numbers beyond 64 bits into floats.
        value = json.loads(body.decode(), parse_constant=_refuse)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def encode(value: Any) -> bytes:
    """JSON in UTF-8. What JSON cannot say is said as well as possible: NaN is null, a lone surrogate its escape."""
    if _fast is not None:
        try:
            return _fast(value)
        except TypeError:
            pass  # whole numbers beyond 64 bits, lone surrogates, deep nesting
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_finite(value))


def _dumps(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
