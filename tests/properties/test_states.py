"""The state machine, as pure functions: what holds for every sequence of writes."""

from dataclasses import dataclass
from typing import Any

from celery.app.task import Context
from hypothesis import given
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
from tests.random_examples import random_examples

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


@random_examples(100)
@given(STATUSES)
def test_every_status_has_a_row_in_the_transition_table(status: str) -> None:
    assert state_of(status) in REPLACES


@random_examples(100)
@given(RUNS, RUNS)
def test_attempts_compare_by_generation_nesting_retries_and_redelivery(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    def sort_key(run: dict[str, Any]) -> tuple[Any, ...]:
        return run["generation"], run["nesting"], run["retries"], run["redelivered"]

    assert (pack_attempt(**one) < pack_attempt(**other)) is (sort_key(one) < sort_key(other))


@random_examples(100)
@given(RUNS)
def test_attempt_fits_a_bigint_and_holds_its_generation(run: dict[str, Any]) -> None:
    attempt = pack_attempt(**run)
    assert 0 <= attempt < 2**63
    assert generation_of(attempt) == run["generation"]


@random_examples(100)
@given(st.integers() | st.text() | st.none() | st.floats())
def test_malformed_generation_header_still_makes_an_attempt(value: Any) -> None:
    request = Context({"id": "t", "delivery_info": {"redelivered": False}, "headers": {GENERATION_HEADER: value}})
    attempt = attempt_of("t", request)
    assert attempt is not None
    assert 0 <= attempt < 2**63


@random_examples(100)
@given(STATUSES, ATTEMPTS, STATUSES, ATTEMPTS)
def test_success_is_never_replaced_and_replaces_every_other_state(
    stored: str, stored_attempt: int | None, by: str, attempt: int | None
) -> None:
    assert not is_replaced(stored="SUCCESS", stored_attempt=stored_attempt, by=by, attempt=attempt)
    if stored != "SUCCESS":
        assert is_replaced(stored=stored, stored_attempt=stored_attempt, by="SUCCESS", attempt=attempt)


@random_examples(100)
@given(STATUSES, STATUSES, st.integers(0, 3))
def test_two_states_of_one_attempt_never_replace_each_other(one: str, other: str, attempt: int) -> None:
    def replaces(stored: str, by: str) -> bool:
        return is_replaced(stored=stored, stored_attempt=attempt, by=by, attempt=attempt)

    if replaces(one, other) and replaces(other, one):
        assert state_of(one) == state_of(other), "only a repetition may go back and forth"


@random_examples(100)
@given(STATUSES, st.integers(1, 3), STATUSES, st.integers(0, 2))
def test_older_attempt_writes_nothing_but_success(stored: str, newer: int, by: str, older: int) -> None:
    if older < newer and by != "SUCCESS":
        assert not is_replaced(stored=stored, stored_attempt=newer, by=by, attempt=older)


@dataclass
class Row:
    """The columns of a task that decide about the next write."""

    status: str
    attempt: int | None


class WriteSequences(RuleBasedStateMachine):
    """Writes of any state and attempt in any order, as redelivery, retries and revokes produce them."""

    def __init__(self) -> None:
        super().__init__()
        self.row: Row | None = None
        self.succeeded = False

    @rule(status=STATUSES, attempt=ATTEMPTS)
    def write(self, status: str, attempt: int | None) -> None:
        before = self.row
        if before and not is_replaced(stored=before.status, stored_attempt=before.attempt, by=status, attempt=attempt):
            return
        # Without an attempt, FAILURE and REVOKED are predictions and clear the attempt. Other states keep it.
        if before and attempt is None and status not in ("FAILURE", "REVOKED"):
            attempt = before.attempt
        self.row = Row(status=status, attempt=attempt)
        self.succeeded |= status == "SUCCESS"

    @invariant()
    def success_is_kept(self) -> None:
        assert not self.succeeded or (self.row is not None and self.row.status == "SUCCESS")

    @invariant()
    def final_state_of_a_newer_attempt_is_accepted(self) -> None:
        if self.row and not self.succeeded:
            newer = (self.row.attempt or 0) + 1
            for state in FINAL:
                assert is_replaced(stored=self.row.status, stored_attempt=self.row.attempt, by=state, attempt=newer)


TestWriteSequences = WriteSequences.TestCase
TestWriteSequences.settings = random_examples(50, stateful_step_count=20)
