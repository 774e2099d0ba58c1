"""Overrides of a retry: permission, policy, queues, headers, and arguments checked against the task."""

import functools
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Task
from celery.exceptions import Retry
from celery.signals import before_task_publish

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryOverrides, Wish, retry
from django_celery_results.actions.selection import Selection
from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.celery_app import app
from tests.factories import QUEUE, create_failed_task, create_task, task_ref
from tests.tasks import add
from tests.workers import publishing_to

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

RETRIER = (Action.VIEW, Action.RETRY, Action.VIEW_PAYLOAD)


@pytest.fixture(autouse=True)
def broker() -> Any:
    with publishing_to("memory://overrides"):
        yield


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """The messages that Celery published."""
    seen: list[dict[str, Any]] = []

    def note(**message: Any) -> None:
        seen.append(message)

    before_task_publish.connect(note)
    yield seen
    before_task_publish.disconnect(note)


@pytest.fixture
def register() -> Iterator[Callable[..., Task]]:
    """Register tasks until the test ends."""
    names: list[str] = []

    def make(run: Callable[..., Any], **options: Any) -> Task:
        name = f"of-a-test.{len(names)}"
        names.append(name)
        made: Task = app.task(run, name=name, shared=False, **options)
        return app.tasks[made.name]

    yield make
    for name in names:
        app.tasks.pop(name, None)


def refused(outcome: RetryOutcome, sent: list[str], *path: str) -> str:
    """Assert that nothing was sent and that one field was refused; return the message."""
    assert sent == []
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    (refusal,) = outcome.refusals
    assert refusal.path == ("overrides", *path)
    assert refusal.code == ErrorCode.INVALID_INPUT
    return refusal.message


class TestHeaders:
    @pytest.mark.parametrize("header", ["tenant", "CC", "BCC", "cc", "x-delay", "task", "dcr_retry_of"])
    def test_no_header_is_overridable_unless_the_project_allows_it(
        self, header: str, operator: Viewer, sent: list[str]
    ) -> None:
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={header: ["other"]}))
        assert repr(header) in refused(outcome, sent, "headers")

    def test_refusal_names_the_setting(self, operator: Viewer, sent: list[str]) -> None:
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={"tenant": 1}))
        assert "RETRY_HEADERS" in refused(outcome, sent, "headers")

    def test_allowed_header_is_sent(self, operator: Viewer, published: list[dict[str, Any]], settings: Any) -> None:
        settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": ["tenant"]}
        original = create_failed_task(options={"delivery": {"exchange": "", "routing_key": QUEUE}, "headers": {"x": 1}})
        retry(operator, task_ref(original), overrides=RetryOverrides(headers={"tenant": "a"}))
        assert {name: published[0]["headers"][name] for name in ("x", "tenant")} == {"x": 1, "tenant": "a"}

    @pytest.mark.parametrize("header", ["CC", "BCC", "Cc", "id", "dcr_generation", "x-death", "periodic_task_name"])
    def test_headers_of_broker_and_celery_are_never_overridable(
        self, header: str, operator: Viewer, sent: list[str], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": [header]}
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(headers={header: ["other"]}))
        assert repr(header) in refused(outcome, sent, "headers")

    def test_cc_of_the_original_message_is_dropped_when_the_queue_is_overridden(
        self, published: list[dict[str, Any]]
    ) -> None:
        options = {"delivery": {"exchange": "", "routing_key": QUEUE}, "headers": {"CC": ["copies"]}}
        retry(SYSTEM, task_ref(create_failed_task("a", options=options)))
        retry(SYSTEM, task_ref(create_failed_task("b", options=options)), overrides=RetryOverrides(queue="other"))
        assert [message["headers"].get("CC") for message in published] == [["copies"], None]


OVERRIDES: list[dict[str, Any]] = [
    {"args": [1]}, {"kwargs": {"a": 1}}, {"queue": QUEUE}, {"countdown": 1}, {"expires": 60.0}, {"priority": 1},
]  # fmt: skip


class TestPermission:
    @pytest.mark.parametrize("overrides", OVERRIDES)
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_every_override_needs_the_permission(
        self, overrides: dict[str, Any], dry_run: bool, viewer_with: Callable[..., Viewer], sent: list[str]
    ) -> None:
        viewer = viewer_with(*RETRIER)
        original = create_failed_task()
        changes = RetryOverrides(**overrides)
        one = retry(viewer, task_ref(original), overrides=changes, dry_run=dry_run)
        options = BulkOptions(dry_run=dry_run)
        many = bulk_retry(viewer, Selection(ids=(original.pk,)), Wish(overrides=changes), options)
        for outcome in (one, many):
            [refusal] = outcome.refusals
            assert refusal.code == ErrorCode.FORBIDDEN
            assert refusal.permission == "django_celery_results.override_taskresult"
        assert sent == []
        recorded = [] if dry_run else ["FORBIDDEN", "FORBIDDEN"]
        assert list(Operation.objects.values_list("error_code", flat=True)) == recorded

    def test_retry_without_overrides_does_not_need_the_permission(
        self, viewer_with: Callable[..., Viewer], sent: list[str]
    ) -> None:
        assert retry(viewer_with(*RETRIER), task_ref(create_failed_task())).task_id in sent

    @pytest.mark.parametrize("overrides", OVERRIDES)
    def test_overrides_are_sent_with_the_permission(
        self, overrides: dict[str, Any], viewer_with: Callable[..., Viewer], sent: list[str]
    ) -> None:
        viewer = viewer_with(*RETRIER, Action.OVERRIDE)
        outcome = retry(viewer, task_ref(create_failed_task()), overrides=RetryOverrides(**overrides))
        assert outcome.task_id in sent


class TestPolicy:
    @pytest.fixture(autouse=True)
    def policy(self, settings: Any) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OnlyLater"}

    def test_policy_sees_the_overrides(self, operator: Viewer, sent: list[str]) -> None:
        original = create_failed_task()
        outcome = retry(operator, task_ref(original), overrides=RetryOverrides(countdown=1, args=[1]))
        assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.TASK_NOT_ALLOWED]
        assert sent == []
        assert retry(operator, task_ref(original), overrides=RetryOverrides(countdown=1)).task_id in sent

    def test_policy_sees_the_task(self, operator: Viewer, sent: list[str]) -> None:
        rows = [create_failed_task("a"), create_failed_task("protected")]
        wish = Wish(overrides=RetryOverrides(countdown=1))
        one = retry(operator, task_ref(rows[1]), overrides=wish.overrides)
        assert [refusal.code for refusal in one.refusals] == [ErrorCode.TASK_NOT_ALLOWED]
        for dry_run in (True, False):
            many = bulk_retry(
                operator, Selection(ids=tuple(row.pk for row in rows)), wish, BulkOptions(dry_run=dry_run)
            )
            found = {item.task_id: item.refusal and item.refusal.code for item in many.items}
            assert found == {"a": None, "protected": ErrorCode.TASK_NOT_ALLOWED}
        assert len(sent) == 1

    def test_policy_without_the_overrides_hook_still_works(
        self, operator: Viewer, sent: list[str], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.NoRetryOfFailFirst"}
        original = create_failed_task("sum", 1, 2, task_name=add.name)
        assert retry(operator, task_ref(original), overrides=RetryOverrides(args=[2, 3])).task_id in sent


class TestQueues:
    def test_unknown_queue_is_refused(self, operator: Viewer, sent: list[str]) -> None:
        original = create_failed_task()
        outcome = retry(operator, task_ref(original), overrides=RetryOverrides(queue="_kombu.binding.celery"))
        assert "'_kombu.binding.celery'" in refused(outcome, sent, "queue")
        wish = Wish(overrides=RetryOverrides(queue="_kombu.binding.celery"))
        many = bulk_retry(operator, Selection(ids=(original.pk,)), wish, BulkOptions())
        assert [refusal.path for refusal in many.refusals] == [("overrides", "queue")]
        assert sent == []

    def test_publishing_to_a_queue_does_not_make_it_configured(self, operator: Viewer, sent: list[str]) -> None:
        app.amqp.queues["published-to"]  # Celery declares what it does not know
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue="published-to"))
        refused(outcome, sent, "queue")

    def test_queue_of_a_visible_task_is_accepted(self, operator: Viewer, sent: list[str]) -> None:
        create_task("other", queue="reports")
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue="reports"))
        assert outcome.task_id in sent

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("task_queues", {"reports": {"exchange": "reports", "routing_key": "reports"}}),
            ("task_default_queue", "reports"),
            ("task_routes", {"shop.*": {"queue": "reports"}, "shop.x": {"routing_key": "y"}}),
            ("task_routes", [lambda name, *_, **__: None, {"shop.report": "reports"}]),
        ],
    )
    def test_configured_queue_is_accepted(
        self, setting: str, value: Any, operator: Viewer, sent: list[str], configured: Callable[..., None]
    ) -> None:
        configured(setting, value)
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue="reports"))
        assert outcome.task_id in sent

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Celery 6 drops the attribute
    def test_queue_of_a_task_class_is_accepted(
        self, operator: Viewer, sent: list[str], register: Callable[..., Task]
    ) -> None:
        register(plain, queue="reports")
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue="reports"))
        assert outcome.task_id in sent

    def test_configured_queue_is_refused_where_the_policy_narrows_rows(
        self, operator: Viewer, sent: list[str], settings: Any, configured: Callable[..., None]
    ) -> None:
        configured("task_routes", {"shop.*": {"queue": "reports"}})
        mine = create_failed_task()
        TaskResult.objects.filter(pk=mine.pk).update(queue=operator.username)
        settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}
        refused(retry(operator, task_ref(mine), overrides=RetryOverrides(queue="reports")), sent, "queue")

    def test_viewer_who_may_see_no_task_is_refused(self, viewer_with: Callable[..., Viewer], sent: list[str]) -> None:
        blind = viewer_with(Action.RETRY, Action.OVERRIDE)
        wish = Wish(overrides=RetryOverrides(queue=QUEUE))
        many = bulk_retry(blind, Selection(ids=(create_failed_task().pk,)), wish, BulkOptions())
        assert [refusal.permission for refusal in many.refusals] == ["django_celery_results.view_taskresult"]
        assert sent == []

    def test_system_viewer_may_name_any_queue(self, sent: list[str]) -> None:
        assert retry(SYSTEM, task_ref(create_failed_task()), overrides=RetryOverrides(queue="rescue")).task_id in sent

    @pytest.fixture
    def configured(self) -> Iterator[Callable[..., None]]:
        """Change Celery's configuration until the test ends."""
        before: dict[str, Any] = {}

        def flush() -> None:
            app.amqp.flush_routes()
            app.amqp._queues = None
            app.amqp.__dict__.pop("router", None)
            app.amqp.__dict__.pop("queues", None)

        def change(name: str, value: Any) -> None:
            before[name] = app.conf[name]
            app.conf[name] = value
            flush()

        yield change
        app.conf.update(before)
        flush()


MARKED: list[Any] = [
    {"__type__": "uuid", "__value__": {"hex": "0" * 32}},
    {"__type__": "nonsense", "__value__": 1},
    [{"deep": [{"__type__": "bytes", "__value__": "x", "more": 1}]}],
]


class TestDecoders:
    @pytest.mark.parametrize("value", MARKED)
    @pytest.mark.parametrize("field", ["args", "kwargs", "headers"])
    def test_value_that_kombu_would_decode_is_refused(
        self, field: str, value: Any, operator: Viewer, sent: list[str], settings: Any
    ) -> None:
        settings.DJANGO_CELERY_RESULTS = {"RETRY_HEADERS": ["x"]}
        given = RetryOverrides(**{field: [value] if field == "args" else {"x": value}})
        outcome = retry(operator, task_ref(create_failed_task()), overrides=given)
        assert "'__type__'" in refused(outcome, sent, field)

    def test_keyword_arguments_that_kombu_would_decode_are_refused(self, operator: Viewer, sent: list[str]) -> None:
        given = RetryOverrides(kwargs={"__type__": "uuid", "__value__": {"hex": "0" * 32}})
        refused(retry(operator, task_ref(create_failed_task()), overrides=given), sent, "kwargs")

    def test_value_that_contains_itself_is_refused(self, operator: Viewer, sent: list[str]) -> None:
        loop: list[Any] = []
        loop.append(loop)
        outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(args=loop))
        assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.INVALID_INPUT]
        assert sent == []


def decorated(run: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(run)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return run(*args, **kwargs)

    return wrapper


def with_session(run: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate as libraries do that supply an argument of their own."""

    @functools.wraps(run)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return run("session", *args, **kwargs)

    return wrapper


def plain(order: int, currency: str = "EUR") -> None: ...


def bound(self: Task, order: int, currency: str = "EUR") -> None: ...


class Pay(Task):
    name = "of-a-test.class-based"

    def run(self, order: int, currency: str = "EUR") -> None: ...


KINDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "plain": (plain, {}),
    "bound": (bound, {"bind": True}),
    "wrapped": (decorated(plain), {}),
    "wrapped and bound": (decorated(bound), {"bind": True}),
    "repeats by itself": (plain, {"autoretry_for": (ValueError, Retry)}),
    "pydantic": (plain, {"pydantic": True}),
    "pydantic and bound": (bound, {"pydantic": True, "bind": True}),
}


class TestArguments:
    @pytest.fixture(params=[*KINDS, "class-based"])
    def pay(
        self, request: pytest.FixtureRequest, register: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Task]:
        """A task of each kind, with the parameters `order` and `currency` (optional)."""
        if request.param == "class-based":
            yield app.register_task(Pay())
            app.tasks.pop(Pay.name)
            return
        if "pydantic" not in sys.modules:  # Celery asks it for one class only
            monkeypatch.setitem(sys.modules, "pydantic", SimpleNamespace(BaseModel=type("BaseModel", (), {})))
        run, options = KINDS[request.param]
        yield register(run, **options)

    @pytest.mark.parametrize(
        ("overrides", "path", "names"),
        [
            ({"kwargs": {"amount": 1}}, "kwargs", "amount"),
            ({"args": [], "kwargs": {"currency": "USD"}}, "args", "order"),
            ({"args": [1, "EUR", 3]}, "args", "too many"),
            ({"kwargs": {"order": 2}}, "kwargs", "order"),
        ],
    )
    def test_unknown_and_missing_parameters_are_refused_by_name(
        self, overrides: dict[str, Any], path: str, names: str, pay: Task, operator: Viewer, sent: list[str]
    ) -> None:
        original = create_failed_task("pay", 1, task_name=pay.name)
        outcome = retry(operator, task_ref(original), overrides=RetryOverrides(**overrides))
        said = refused(outcome, sent, path)
        assert names in said
        assert f"{pay.name}(order, currency)" in said

    @pytest.mark.parametrize("overrides", [{"args": [2]}, {"kwargs": {"currency": "USD"}}, {"args": [1, "USD"]}])
    def test_valid_arguments_are_sent(
        self, overrides: dict[str, Any], pay: Task, operator: Viewer, sent: list[str]
    ) -> None:
        original = create_failed_task("pay", 1, task_name=pay.name)
        assert retry(operator, task_ref(original), overrides=RetryOverrides(**overrides)).task_id in sent

    def test_argument_that_a_decorator_supplies_is_not_missing(
        self, operator: Viewer, sent: list[str], register: Callable[..., Task]
    ) -> None:
        def pay(session: str, order: int) -> None: ...

        name = register(with_session(pay)).name
        original = create_failed_task("pay", 1, task_name=name)
        wrong = retry(operator, task_ref(original), overrides=RetryOverrides(kwargs={"amount": 1}))
        assert "amount" in refused(wrong, sent, "kwargs")
        assert retry(operator, task_ref(original), overrides=RetryOverrides(args=[2])).task_id in sent

    def test_task_with_typing_disabled_accepts_any_arguments(
        self, operator: Viewer, sent: list[str], register: Callable[..., Task]
    ) -> None:
        original = create_failed_task("pay", 1, task_name=register(plain, typing=False).name)
        assert retry(operator, task_ref(original), overrides=RetryOverrides(args=[1, 2, 3])).task_id in sent
