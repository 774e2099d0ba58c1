"""What groups and their tasks tell of the chord around them, and of what came before."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_celery_results import chord_progress, chord_rows
from django_celery_results.models import ChordCounter, ChordState
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from tests.contract.conftest import Client
from tests.factories import create_group, create_task

pytestmark = pytest.mark.django_db

PROGRESS = "state total completedCount remainingCount bodyTaskId body { taskId }"
OF_GROUPS = (
    f"{{ groupResults {{ nodes {{ groupId chord {{ {PROGRESS} }} parent {{ groupId }} parentTask {{ taskId }} }} }} }}"
)
OF_TASKS = f"{{ taskResults {{ nodes {{ taskId chord {{ {PROGRESS} }} }} }} }}"


def start(group_id: str, size: int | None = 3, body: str = "acme-body") -> None:
    signature = json.dumps({"task": "proj.sum", "args": ["hunter2"], "options": {"task_id": body}})
    chord_rows.start(group_id, header=None, body=f"application/json\nutf-8\n{signature}", alias="default")
    if size is not None:
        chord_rows.set_size(group_id, size, alias="default")


def returned(group_id: str, task_id: str, state: str = "SUCCESS") -> None:
    chord_rows.Part(group_id=group_id, task_id=task_id, index=0, state=state, result=None).save("default")


def only(data: Any) -> Any:
    [[node]] = [found["nodes"] for found in data.values()]
    return node["chord"]


def test_a_chord_tells_how_far_it_is(client: Client) -> None:
    start("g")
    returned("g", "a")
    returned("g", "b", "FAILURE")
    create_task("acme-body")
    create_group("g", ["a", "b", "c"])
    expected = {"state": "OPEN", "total": 3, "completedCount": 2, "remainingCount": 1}
    body = {"bodyTaskId": "acme-body", "body": {"taskId": "acme-body"}}
    assert only(client.data(OF_GROUPS)) == {**expected, **body}
    create_task("a", group_id="g")
    [of_member, of_body] = client.data(OF_TASKS)["taskResults"]["nodes"]
    assert (of_member["chord"], of_body["chord"]) == ({**expected, **body}, None)
    chord_rows.announce("g", ["d"], alias="default")
    assert only(client.data(OF_GROUPS)) == {**expected, **body, "total": 4, "remainingCount": 2}


def test_a_healing_chord_counts_what_succeeded(client: Client) -> None:
    start("g", size=2)
    returned("g", "a")
    returned("g", "b", "FAILURE")
    chord_rows.Chord.objects.update(state=ChordState.HEALING)
    create_group("g", ["a", "b"])
    found = only(client.data(OF_GROUPS))
    assert (found["state"], found["completedCount"], found["remainingCount"]) == ("HEALING", 1, 1)


def test_a_chord_that_is_done_has_all_its_members(client: Client) -> None:
    start("g", size=1)
    returned("g", "a")
    seen = chord_progress.progress("g", "default")
    assert seen
    claim = chord_progress.claim("g", seen, lease=30, alias="default")
    assert claim
    claim.finish(ChordState.DONE)
    create_group("g", ["a"])
    found = only(client.data(OF_GROUPS))
    assert (found["state"], found["completedCount"], found["remainingCount"]) == ("DONE", 1, 0)


def test_a_chord_of_the_old_package_is_told_too(client: Client) -> None:
    ChordCounter.objects.create(group_id="g", sub_tasks=json.dumps([["a", None], ["b", None]]), count=1)
    create_group("g", ["a", "b"])
    assert only(client.data(OF_GROUPS)) == {
        "state": "OPEN",
        "total": 2,
        "completedCount": 1,
        "remainingCount": 1,
        "bodyTaskId": None,
        "body": None,
    }


@pytest.mark.parametrize(
    "body", [None, "", "x", "application/json\nutf-8\n[]", "application/x-python-serialize\nbinary\ngASV"]
)
def test_a_body_that_cannot_be_read_breaks_nothing(client: Client, body: str | None) -> None:
    chord_rows.start("g", header=None, body=body, alias="default")
    create_group("g", ["a"])
    found = only(client.data(OF_GROUPS))
    assert (found["total"], found["remainingCount"], found["bodyTaskId"], found["body"]) == (None, None, None, None)


def test_groups_know_what_they_came_after(client: Client) -> None:
    create_task("first")
    create_group("g1", ["a"])
    for name, before in (("g2", [["g1", None], [[["a", None], None]]]), ("g3", [["first", None], None])):
        create_group(name, ["b"]).__class__.objects.filter(group_id=name).update(
            result=json.dumps([[name, before], [[["b", None], None]]])
        )
    nodes = {node["groupId"]: node for node in client.data(OF_GROUPS)["groupResults"]["nodes"]}
    assert (nodes["g1"]["parent"], nodes["g1"]["parentTask"]) == (None, None)
    assert (nodes["g2"]["parent"], nodes["g2"]["parentTask"]) == ({"groupId": "g1"}, None)
    assert (nodes["g3"]["parent"], nodes["g3"]["parentTask"]) == (None, {"taskId": "first"})


def test_another_tenants_body_and_parent_stay_hidden(
    client: Client, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    viewer = viewer_with(Action.VIEW, Action.VIEW_GROUP, name="other")
    start("other-g")
    create_task("acme-body")
    row = create_group("other-g", ["other-a"])
    row.result = json.dumps([["other-g", [["acme-body", None], None]], [[["other-a", None], None]]])
    row.save()
    start("acme-g")
    [node] = client.data(OF_GROUPS, viewer=viewer)["groupResults"]["nodes"]
    assert (node["groupId"], node["chord"]["body"], node["parentTask"]) == ("other-g", None, None)
    assert "hunter2" not in json.dumps(node)


def test_chords_cost_the_same_queries_for_any_number_of_groups(client: Client) -> None:
    def cost() -> int:
        client.data(OF_GROUPS)
        with CaptureQueriesContext(connection) as captured:
            client.data(OF_GROUPS)
            client.data(OF_TASKS)
        return len(captured)

    create_task("acme-body")
    for number in range(12):
        create_group(f"g{number}", ["m"])
        start(f"g{number}")
        returned(f"g{number}", "m")
        create_task(f"m{number}", group_id=f"g{number}")
        if number == 1:
            few = cost()
    assert cost() == few


def test_the_admins_page_is_told_to_staff(client: Client, viewer_with: Callable[..., Viewer]) -> None:
    row = create_task("t")
    query = "{ taskResults { nodes { adminUrl } } }"
    [node] = client.data(query)["taskResults"]["nodes"]
    assert node["adminUrl"] == f"/admin/django_celery_results/taskresult/{row.pk}/change/"
    [node] = client.data(query, viewer=viewer_with(Action.VIEW))["taskResults"]["nodes"]
    assert node["adminUrl"] is None
