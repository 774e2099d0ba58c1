"""The state machine, as pure functions: what holds for every sequence of writes."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from celery.app.task import Context
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from django_celery_results.facts import attempt_of
from django_celery_results.state_changes import SelfStored
from django_celery_results.states import (
    GENERATION_HEADER,
    READY,
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


@pytest.mark.parametrize(
    ("run", "attempt"),
    [
        ({}, 0),
        ({"redelivered": True}, 1),
        ({"retries": 1}, 1 << 1),
        ({"nesting": 1}, 1 << 32),
        ({"generation": 1}, 1 << 47),
        ({"retries": 2**31}, ((1 << 31) - 1) << 1),
        ({"nesting": 2**15}, ((1 << 15) - 1) << 32),
        ({"generation": 2**15}, ((1 << 15) - 1) << 47),
        ({"generation": "nonsense"}, 0),
        ({"generation": float("inf")}, 0),
        ({"retries": -5}, 0),
    ],
)
def test_attempt_keeps_the_layout_of_stored_rows(run: dict[str, Any], attempt: int) -> None:
    assert pack_attempt(**run) == attempt


def test_row_that_no_run_wrote_has_generation_0() -> None:
    assert generation_of(None) == 0


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
class Run:
    """One run of the task; the attempt of two may be the same."""

    attempt: int
    self_stored: SelfStored = field(default_factory=SelfStored)


@dataclass
class Row:
    """The columns of a task that decide about the next write, and the run whose task stored them itself."""

    status: str
    attempt: int | None
    date_done: int
    self_stored_by: Run | None


class WriteSequences(RuleBasedStateMachine):
    """Writes of any state and attempt in any order, as redelivery, retries and revokes produce them."""

    def __init__(self) -> None:
        super().__init__()
        self.row: Row | None = None
        self.succeeded = False
        self.runs = [Run(attempt=0), Run(attempt=1), Run(attempt=1), Run(attempt=2)]
        self.clock = 0

    @rule(status=STATUSES, attempt=ATTEMPTS)
    def write(self, status: str, attempt: int | None) -> None:
        self.store(status, attempt, None)

    @rule(number=st.integers(0, 3), status=st.sampled_from(sorted(FINAL)))
    def store_itself(self, number: int, status: str) -> None:
        run = self.runs[number]
        if not run.self_stored.has_ended:
            self.store(status, run.attempt, run)

    @rule(number=st.integers(0, 3), status=st.sampled_from(["SUCCESS", "FAILURE", "RETRY"]))
    def end(self, number: int, status: str) -> None:
        run, before = self.runs[number], self.row
        run.self_stored.has_ended = True
        taken = self.store(status, run.attempt, run)
        if before and before.self_stored_by is run:
            assert taken, "what a run stored itself never hides how it ended"

    def store(self, status: str, attempt: int | None, run: Run | None) -> bool:
        before = self.row
        is_own = bool(run and before and run.self_stored.gives_way(before.date_done))
        taken = before is None or is_replaced(
            stored=before.status, stored_attempt=before.attempt, by=status, attempt=attempt, is_own=is_own
        )
        if not taken:
            return False
        ends = run is not None and run.self_stored.has_ended
        if before and before.status == "SUCCESS":
            assert ends, "only the end of a run replaces a success"
            assert before.self_stored_by is run, "and only one that the very same run has stored itself"
        predicts = status in ("FAILURE", "REVOKED")
        kept = before.attempt if before and attempt is None and not predicts else attempt
        self.clock += before is None or status in READY or (run is not None and status in FINAL)
        author = run if run and not ends else None
        self.row = Row(status=status, attempt=kept, date_done=self.clock, self_stored_by=author)
        self.succeeded |= status == "SUCCESS" and author is None
        if run:
            run.self_stored.note(self.clock)
        return True

    @invariant()
    def success_is_kept(self) -> None:
        assert not self.succeeded or (self.row is not None and self.row.status == "SUCCESS")

    @invariant()
    def final_state_of_a_newer_attempt_is_accepted(self) -> None:
        if self.row and self.row.status != "SUCCESS":
            newer = (self.row.attempt or 0) + 1
            for state in FINAL:
                assert is_replaced(stored=self.row.status, stored_attempt=self.row.attempt, by=state, attempt=newer)


TestWriteSequences = WriteSequences.TestCase
TestWriteSequences.settings = random_examples(50, stateful_step_count=20)
