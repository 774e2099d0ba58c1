"""Why a request never becomes an operation: a status, a code for programs, and a message that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """The request was refused."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, message: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @property
    def extensions(self) -> dict[str, str]:
        """What programs read of the refusal."""
        return {"code": self.code}


class BadRequest(Refusal):
    """The request is not well formed. Send a POST of JSON with `query`, and perhaps `variables`."""


class Unauthenticated(Refusal):
    """Log in first, or send a token."""

    status = 401
    code = "UNAUTHENTICATED"


class CSRFRefused(Refusal):
    """Another site may have sent this request. Send it as application/json, or with Django's CSRF token."""

    status = 403
    code = "CSRF_FAILED"


class MethodNotAllowed(Refusal):
    """Use GET for queries and POST for anything."""

    status = 405
    code = "METHOD_NOT_ALLOWED"


class NotAcceptable(Refusal):
    """Accept application/graphql-response+json or application/json."""

    status = 406
    code = "NOT_ACCEPTABLE"


class TooLarge(Refusal):
    """The body is larger than this service reads. Send less, or in several requests."""

    status = 413
    code = "REQUEST_TOO_LARGE"


class UnsupportedMediaType(Refusal):
    """Send application/json in UTF-8."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


class Failed(Refusal):
    """Something went wrong on our side. Tell the operator the errorId."""

    status = 500
    code = "INTERNAL"

    def __init__(self, error_id: str) -> None:
        super().__init__()
        self.error_id = error_id

    @property
    def extensions(self) -> dict[str, str]:
        return {**super().extensions, "errorId": self.error_id}
