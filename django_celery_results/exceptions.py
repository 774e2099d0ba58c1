"""The errors this package raises on purpose: one tree. The docstring is the default message, the code is stable."""

from __future__ import annotations

from typing import ClassVar


class TaskResultsError(Exception):
    """Something went wrong in django-celery-results."""

    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        super().__init__(self.message)


class QueryError(TaskResultsError):
    """A question was refused; the message says what to ask instead."""

    code = "BAD_USER_INPUT"


class InvalidInput(QueryError):
    """An argument has a value that cannot be used."""


class BadCursor(QueryError):
    """This cursor belongs to another ordering or filter. Start again without `after` and `before`."""

    code = "BAD_CURSOR"


class PageTooLarge(QueryError):
    """The page asked for is larger than this service allows."""

    code = "PAGE_TOO_LARGE"


class QueryTooSlow(QueryError):
    """The database took too long for this. Ask for less, by a narrower filter or another order."""

    code = "QUERY_TOO_SLOW"


class OperationTooSlow(QueryTooSlow):
    """This operation took longer than it may in all. Ask for less at once, or send its fields as several operations."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This operation took longer than the {seconds:g} seconds that it may take in all. Ask for less at once, "
            "or send its fields as several operations."
        )


class ResponseTooLarge(QueryError):
    """The values of this answer are larger than one answer may be. Ask for fewer rows at once, or for fewer values."""

    code = "RESPONSE_TOO_LARGE"

    def __init__(self, count: int, most: int) -> None:
        super().__init__(
            f"The values of this answer have {count} bytes so far, and {most} is the limit. Ask for fewer rows at "
            "once, or in lists for `text` and `message` of 4000 characters at most, which need no whole values."
        )


class Unauthenticated(QueryError):
    """Log in first."""

    code = "UNAUTHENTICATED"


class Forbidden(QueryError):
    """You need a permission for this."""

    code = "FORBIDDEN"

    def __init__(self, permission: str, message: str | None = None) -> None:
        self.permission = permission
        super().__init__(message or f"This needs the permission {permission}.")


class TaskIdTooLong(TaskResultsError, ValueError):
    """This task id is longer than its column. Raise DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH, or send shorter ids."""

    code = "BAD_USER_INPUT"


class UnnamedFailure(TaskResultsError):
    """A task stored a failed state with a value that names no exception; `value` is that."""

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(str(value) or repr(value))


class ResultTooLarge(TaskResultsError):
    """The result of this task was refused by the database as too large."""
