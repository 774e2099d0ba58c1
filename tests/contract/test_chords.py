"""Chord progress of groups and tasks, and the group or task that a group came after."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results import chord_progress, chord_rows
from django_celery_results.models import Chord, ChordCounter, ChordState, GroupResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_chord, create_group, create_task

pytestmark = pytest.mark.django_db

CHORD = "state total completedCount remainingCount bodyTaskId body { taskId }"
GROUPS = (
    f"{{ groupResults {{ nodes {{ groupId chord {{ {CHORD} }} parent {{ groupId }} parentTask {{ taskId }} }} }} }}"
)
TASKS = f"{{ taskResults {{ nodes {{ taskId chord {{ {CHORD} }} }} }} }}"


def open_chord(group_id: str, size: int = 3) -> Chord:
    """Create an open chord whose body is the task `acme-body`."""
    return create_chord(group_id, ChordState.OPEN, size=size, body_task_id="acme-body")


def complete_member(group_id: str, task_id: str, state: str = "SUCCESS") -> None:
    """Count a member of a chord as completed."""
    chord_rows.Part(group_id=group_id, task_id=task_id, index=0, state=state, result=None).save("default")


def create_group_after(group_id: str, parent: Any, task_id: str) -> GroupResult:
    """Create a group of one task whose result tuple names a parent."""
    group = create_group(group_id, [task_id])
    group.result = json.dumps([[group_id, parent], [[[task_id, None], None]]])
    group.save()
    return group


def only_chord(client: GraphQLClient) -> Any:
    """Return the chord of the only group."""
    [node] = client.data(GROUPS)["groupResults"]["nodes"]
    return node["chord"]


def test_chord_counts_completed_members_of_any_state(client: GraphQLClient) -> None:
    open_chord("g")
    complete_member("g", "a")
    complete_member("g", "b", "FAILURE")
    create_task("acme-body")
    create_group("g", ["a", "b", "c"])
    counts = {"state": "OPEN", "total": 3, "completedCount": 2, "remainingCount": 1}
    body = {"bodyTaskId": "acme-body", "body": {"taskId": "acme-body"}}
    assert only_chord(client) == {**counts, **body}
    create_task("a", group_id="g")
    [member, body_task] = client.data(TASKS)["taskResults"]["nodes"]
    assert (member["chord"], body_task["chord"]) == ({**counts, **body}, None)


def test_chord_awaits_members_that_joined_while_it_was_open(client: GraphQLClient) -> None:
    open_chord("g")
    complete_member("g", "a")
    create_group("g", ["a", "b", "c"])
    chord_rows.announce("g", ["d"], alias="default")
    chord = only_chord(client)
    assert (chord["total"], chord["completedCount"], chord["remainingCount"]) == (4, 1, 3)


def test_healing_chord_counts_only_successful_members(client: GraphQLClient) -> None:
    open_chord("g", size=2)
    complete_member("g", "a")
    complete_member("g", "b", "FAILURE")
    Chord.objects.update(state=ChordState.HEALING)
    create_group("g", ["a", "b"])
    chord = only_chord(client)
    assert (chord["state"], chord["completedCount"], chord["remainingCount"]) == ("HEALING", 1, 1)


def test_finished_chord_counts_all_members_as_completed(client: GraphQLClient) -> None:
    open_chord("g", size=1)
    complete_member("g", "a")
    progress = chord_progress.progress("g", "default")
    assert progress
    claim = chord_progress.claim("g", progress, lease=30, alias="default")
    assert claim
    claim.finish(ChordState.DONE, keeps_body=False)
    create_group("g", ["a"])
    chord = only_chord(client)
    assert (chord["state"], chord["completedCount"], chord["remainingCount"]) == ("DONE", 1, 0)


def test_chord_counter_of_the_2x_package_is_returned_as_a_chord(client: GraphQLClient) -> None:
    ChordCounter.objects.create(group_id="g", sub_tasks=json.dumps([["a", None], ["b", None]]), count=1)
    create_group("g", ["a", "b"])
    assert only_chord(client) == {
        "state": "OPEN",
        "total": 2,
        "completedCount": 1,
        "remainingCount": 1,
        "bodyTaskId": None,
        "body": None,
    }


def test_chord_without_the_id_of_its_body_shows_no_body(client: GraphQLClient) -> None:
    create_chord("g", ChordState.OPEN)
    create_group("g", ["a"])
    chord = only_chord(client)
    assert (chord["total"], chord["remainingCount"], chord["bodyTaskId"], chord["body"]) == (None, None, None, None)


def test_group_returns_the_group_or_task_that_it_came_after(client: GraphQLClient) -> None:
    create_task("first")
    create_group("g1", ["a"])
    create_group_after("g2", [["g1", None], [[["a", None], None]]], "b")
    create_group_after("g3", [["first", None], None], "b")
    nodes = {node["groupId"]: node for node in client.data(GROUPS)["groupResults"]["nodes"]}
    assert (nodes["g1"]["parent"], nodes["g1"]["parentTask"]) == (None, None)
    assert (nodes["g2"]["parent"], nodes["g2"]["parentTask"]) == ({"groupId": "g1"}, None)
    assert (nodes["g3"]["parent"], nodes["g3"]["parentTask"]) == (None, {"taskId": "first"})


def test_chord_hides_body_and_parent_of_another_tenant(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.TenantPolicy"}
    open_chord("other-g")
    open_chord("acme-g")
    create_task("acme-body")
    create_group_after("other-g", [["acme-body", None], None], "other-a")
    viewer = viewer_with(Action.VIEW, Action.VIEW_GROUP, name="other")
    [node] = client.data(GROUPS, viewer=viewer)["groupResults"]["nodes"]
    assert (node["groupId"], node["chord"]["body"], node["parentTask"]) == ("other-g", None, None)
    assert "hunter2" not in json.dumps(node)


def test_chord_of_a_task_needs_the_permission_to_view_groups(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    open_chord("g")
    create_task("a", group_id="g")
    response = client.execute(TASKS, viewer=viewer_with(Action.VIEW))
    [error] = response.errors
    assert error["extensions"] == {"code": "FORBIDDEN", "permission": Action.VIEW_GROUP.permission}
    assert response.data == {"taskResults": {"nodes": [{"taskId": "a", "chord": None}]}}


def test_chords_take_the_same_number_of_queries_for_any_number_of_groups(client: GraphQLClient) -> None:
    def create_groups(*numbers: int) -> int:
        """Create groups with chords. Return how many statements it takes to read all."""
        for number in numbers:
            create_group(f"g{number}", ["m"])
            open_chord(f"g{number}")
            complete_member(f"g{number}", "m")
            create_task(f"m{number}", group_id=f"g{number}")
        return len(client.sql(GROUPS)) + len(client.sql(TASKS))

    create_task("acme-body")
    assert create_groups(0, 1) == create_groups(*range(2, 12))
