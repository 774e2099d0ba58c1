"""The state machine, as pure functions: what holds for every history of writes."""

from dataclasses import dataclass
from typing import Any

from celery.app.task import Context
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from django_celery_results.facts import attempt_of
from django_celery_results.states import (
    GENERATION_HEADER,
    REPLACES,
    TaskState,
    generation_of,
    is_replaced,
    pack_attempt,
    state_of,
)

STATUSES = st.sampled_from([*(state.value for state in TaskState), "PROGRESS", "success", ""])
ATTEMPTS = st.none() | st.integers(0, 3)
FINAL = {"SUCCESS", "FAILURE", "REVOKED", "REJECTED", "IGNORED"}
RUNS = st.fixed_dictionaries(
    {
        "generation": st.integers(0, 2**15 - 1),
        "nesting": st.integers(0, 2**15 - 1),
        "retries": st.integers(0, 2**31 - 1),
        "redelivered": st.booleans(),
    }
)


@given(STATUSES)
def test_every_status_has_a_rule(status: str) -> None:
    assert state_of(status) in REPLACES


@given(RUNS, RUNS)
def test_attempts_are_ordered_as_runs_are(one: dict[str, Any], other: dict[str, Any]) -> None:
    def significance(run: dict[str, Any]) -> tuple[Any, ...]:
        return run["generation"], run["nesting"], run["retries"], run["redelivered"]

    assert (pack_attempt(**one) < pack_attempt(**other)) is (significance(one) < significance(other))


@given(RUNS)
def test_attempts_fit_a_bigint_and_tell_their_generation(run: dict[str, Any]) -> None:
    attempt = pack_attempt(**run)
    assert 0 <= attempt < 2**63
    assert generation_of(attempt) == run["generation"]


@given(st.integers() | st.text() | st.none() | st.floats())
def test_nonsense_in_a_header_never_fails(value: Any) -> None:
    request = Context({"id": "t", "delivery_info": {"redelivered": False}, "headers": {GENERATION_HEADER: value}})
    attempt = attempt_of("t", request)
    assert attempt is not None
    assert 0 <= attempt < 2**63


@given(STATUSES, ATTEMPTS, STATUSES, ATTEMPTS)
def test_success_is_final_and_takes_everything_else(
    stored: str, stored_attempt: int | None, by: str, attempt: int | None
) -> None:
    assert not is_replaced(stored="SUCCESS", stored_attempt=stored_attempt, by=by, attempt=attempt)
    if stored != "SUCCESS":
        assert is_replaced(stored=stored, stored_attempt=stored_attempt, by="SUCCESS", attempt=attempt)


@given(STATUSES, STATUSES, st.integers(0, 3))
def test_within_a_run_no_write_undoes_one_that_undid_it(one: str, other: str, attempt: int) -> None:
    def gives_way(stored: str, by: str) -> bool:
        return is_replaced(stored=stored, stored_attempt=attempt, by=by, attempt=attempt)

    if gives_way(one, other) and gives_way(other, one):
        assert state_of(one) == state_of(other), "only a repetition may go back and forth"


@given(STATUSES, st.integers(1, 3), STATUSES, st.integers(0, 2))
def test_an_older_run_says_nothing_but_success(stored: str, newer: int, by: str, older: int) -> None:
    if older < newer and by != "SUCCESS":
        assert not is_replaced(stored=stored, stored_attempt=newer, by=by, attempt=older)


@dataclass
class Row:
    """What the table holds of a task."""

    status: str
    attempt: int | None


class Histories(RuleBasedStateMachine):
    """Writers in any order, as a redelivering broker and revoking operators make them."""

    def __init__(self) -> None:
        super().__init__()
        self.row: Row | None = None
        self.succeeded = False

    @rule(status=STATUSES, attempt=ATTEMPTS)
    def write(self, status: str, attempt: int | None) -> None:
        before = self.row
        taken = before is None or is_replaced(
            stored=before.status, stored_attempt=before.attempt, by=status, attempt=attempt
        )
        if not taken:
            return
        predicts = status in ("FAILURE", "REVOKED")
        kept = before.attempt if before and attempt is None and not predicts else attempt
        self.row = Row(status=status, attempt=kept)
        self.succeeded |= status == "SUCCESS"

    @invariant()
    def a_success_stays(self) -> None:
        assert not self.succeeded or (self.row is not None and self.row.status == "SUCCESS")

    @invariant()
    def a_run_that_comes_later_can_always_speak(self) -> None:
        """No prediction, and nothing an older run said, ever silences a newer run's final word."""
        if self.row and not self.succeeded:
            newer = (self.row.attempt or 0) + 1
            for word in FINAL:
                assert is_replaced(stored=self.row.status, stored_attempt=self.row.attempt, by=word, attempt=newer)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
