"""Settings of the store, the policy and the actions: the dictionary `DJANGO_CELERY_RESULTS` in Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings as django_settings
from django.core.signals import setting_changed

SETTING = "DJANGO_CELERY_RESULTS"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One field per key of `DJANGO_CELERY_RESULTS`, in upper case there. Every key is optional."""

    allow_edits: bool = False
    """Whether the admin may edit results of tasks, and saved groups."""
    viewers_may_terminate: bool = False
    """Whether the admin's old action "terminate" needs no permission but the one to view, as in the 2.x package."""
    open_views: bool = False
    """Whether the JSON views answer anybody, with payloads and tracebacks, as in the 2.x package."""
    policy: str = "django_celery_results.policy.access.Policy"
    """Dotted path of the class that decides who sees and does what."""
    database_for_reads: str | None = None
    """Alias that lists and statistics read from; None: what the routers say."""
    page_size: int = 50
    """Rows of a page where the client asks for no number."""
    max_page_size: int = 100
    """Rows of a page at most; asking for more is an error."""
    allow_regex: bool = False
    """Whether filters may use regular expressions; one hostile expression can keep a database busy for ever."""
    allow_slow_orders: bool = False
    """Whether lists may be ordered by DATE_STARTED and RUNTIME, which no index serves: every matching row is sorted."""
    celery_app: str | None = None
    """Dotted path of the Celery app that actions publish with, such as "proj.celery:app"; None: the current app."""
    track_queued: bool = False
    """Whether publishing a task writes a PENDING row."""
    merge_started_after: float = 0.05
    """Seconds that STARTED is held back, to be stored with the next state; a task that could miss its own row by SQL,
    opens a transaction or publishes a message writes it earlier. 0 writes it at once."""
    keep_connection: bool | None = None
    """Whether workers keep a database connection of their own; None: where `CONN_MAX_AGE` allows persistent ones, with
    one of Django's own database backends. False also gives each statement a cursor of its own."""
    notify: bool = False
    """PostgreSQL only: wake waiters by LISTEN/NOTIFY."""
    legacy_chords: bool = False
    """Start chords in `ChordCounter`, for as long as workers of the 2.x package run on the same tables."""
    chord_lease: float = 30.0
    """Seconds after which a chord claimed by a worker that then died may be claimed again."""
    retention: dict[str, float] = field(default_factory=dict)
    """Seconds to keep rows, by state; states that are not named follow Celery's `result_expires`."""
    operation_retention: float | None = None
    """Seconds to keep finished operations, the audit of who did what; None keeps them for good."""
    store_messages: Literal["never", "failed", "started", "always"] | None = None
    """When to keep the message record that a retry sends again; None: "failed" with `result_extended`, else never."""
    message_max_bytes: int = 16 * 1024 * 1024
    """Message bodies above this are not kept; a retry then answers ARGUMENTS_UNAVAILABLE."""
    message_cipher: str | None = None
    """Dotted path of a class with `encrypt(bytes) -> bytes` and `decrypt(bytes) -> bytes` for message bodies."""
    retry_headers: tuple[str, ...] = ()
    """Message headers that a retry may override; never Celery's, the broker's `CC` and `BCC`, or ours (`dcr_…`)."""
    refusals_kept_per_minute: int = 60
    """Refused actions of one viewer that are recorded one by one in a minute; others are counted in one operation."""
    operation_lease: float = 60.0
    """Seconds after which an action that was interrupted between claim and publish is carried on."""
    redact_keys: tuple[str, ...] = (
        "password", "passwd", "secret", "token", "api_key", "apikey", "authorization", "credential", "private_key",
        "session", "cookie",
    )  # fmt: skip
    """Parts of names, in any case, whose values are never shown."""
    redact_words: tuple[str, ...] = (
        "pwd", "pw", "pass", "passphrase", "passcode", "auth", "auth_code", "auth_key", "access_key", "access_key_id",
        "account_key", "encryption_key", "master_key", "signing_key", "ssh_key", "signature", "jwt", "otp", "totp",
        "mfa_code", "recovery_code", "backup_code", "security_code", "cvv", "cvc",
    )  # fmt: skip
    """Whole words of names, in any case and however a name parts its words, whose values are never shown."""
    redact_tasks: tuple[str, ...] = ()
    """Names of tasks whose arguments, results and errors are never shown; with `*` at its end, all that begin so."""


@dataclass(frozen=True, kw_only=True)
class StandingAlone:
    """Settings outside the dictionary, `DJANGO_CELERY_RESULTS_` and the field's name: migrations and URLs read them."""

    task_id_max_length: int = 255
    """Characters of the columns of task ids, group ids and task names; old MySQL indexes 191 at most."""
    big_ids: bool = False
    """Whether the rows of tasks and groups have 64-bit ids; set it, then `migrate`, and keep it."""
    id_first_urls: bool = True
    """Whether the URLs of the JSON views that begin with the id, as in the 2.x package, are there; deprecated."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings as they are now; `override_settings` and pytest-django's fixture are heeded."""
    names = {known.name.upper(): known.name for known in fields(Settings)}
    return Settings(**{names[key]: value for key, value in _given().items() if key in names})


def standing_alone() -> StandingAlone:
    """The settings outside the dictionary, as they are now."""
    names = {known.name: f"{SETTING}_{known.name.upper()}" for known in fields(StandingAlone)}
    given = {name: getattr(django_settings, full) for name, full in names.items() if hasattr(django_settings, full)}
    return StandingAlone(**given)


def unknown_keys() -> list[str]:
    """Keys of `DJANGO_CELERY_RESULTS` that mean nothing, misspelled ones for example."""
    return sorted(set(_given()) - {known.name.upper() for known in fields(Settings)}, key=str)


def _given() -> dict[str, Any]:
    given = getattr(django_settings, SETTING, None)
    return given if isinstance(given, dict) else {}  # a system check reports anything else


def _forget(*, setting: str, **_: Any) -> None:
    if setting == SETTING:
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_celery_results.conf")
