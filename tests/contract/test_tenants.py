"""Whatever a tenant asks, and whichever way it leads: nothing of another tenant's rows is in the answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_named_type, is_interface_type, is_object_type
from pytest_django import Settings

from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from graphql_api import global_ids
from tests.contract.conftest import Client
from tests.factories import at, create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FOREIGN = "foreign"
"""In every text of the other tenant's rows but their ids, which rows of one's own may well name."""
LIMITS = dict.fromkeys(("MAX_COST", "MAX_FIELDS", "MAX_DEPTH", "MAX_TOKENS", "MAX_DOCUMENT_BYTES"), 10**18)


def family(tenant: str, other: str, text: str) -> list[str]:
    """Rows of a tenant, each tied in every way to a row of their own and to one of the other's; their global ids."""
    ids = []
    for number in range(4):
        near = tenant if number % 2 else other
        ties = dict.fromkeys(("parent_id", "retried_from"), f"{near}-t{number - 1}")
        row = create_task(
            f"{tenant}-t{number}",
            status=["SUCCESS", "FAILURE", "PROGRESS", "STARTED"][number],
            result=json.dumps({"exc_type": text, "exc_message": [text], "current": 1, "message": text}),
            **dict.fromkeys(("task_name", "worker", "queue", "periodic_task_name", "traceback", "error_type"), text),
            **dict.fromkeys(("task_args", "task_kwargs", "meta"), json.dumps(text)),
            group_id=f"{near}-g",
            root_id=f"{near}-t0",
            date_created=at(number),
            date_started=at(number),
            **ties,
        )
        ids.append(global_ids.encode("TaskResult", row.pk))
    create_group(f"{tenant}-g", [f"{owner}-t{number}" for owner in (tenant, other) for number in range(4)])
    return ids


def everything(schema: Any, kind: Any, depth: int) -> str:
    """A selection of every field, and of what stands so many objects below it."""
    return " ".join(filter(None, (field(schema, name, known, depth) for name, known in kind.fields.items())))


def field(schema: Any, name: str, known: Any, depth: int) -> str:
    kind = get_named_type(known.type)
    arguments = ARGUMENTS.get(name, "") if known.args else ""
    if is_interface_type(kind):
        inner = everything(schema, schema.type_map["TaskResult"], depth - 1)
        return f"{name}{arguments} {{ __typename ... on TaskResult {{ {inner} }} }}"
    if not is_object_type(kind):
        return name + arguments
    # What is no row leads to some, and is not counted.
    inner = everything(schema, kind, depth - (kind.name in ROWS)) if depth else ""
    return f"{name}{arguments} {{ {inner} }}" if inner else ""


ROWS = ("TaskResult", "GroupResult")
ARGUMENTS = {
    "node": "(id: $id)",
    "taskResult": "(ref: {id: $id})",
    "groupResult": '(groupId: "other-g")',
    "groups": "(by: [TASK_NAME])",
    "timeSeries": "(unit: DAY, by: TASK_NAME)",
    "suggest": "(field: TASK_NAME)",
    "percentile": "(p: 50)",
}
ROOTS = ("node", "taskResult", "taskResults", "groupResult", "groupResults", "taskResultStats", "suggest")


@pytest.mark.parametrize("root", ROOTS)
def test_no_path_leads_to_a_row_of_another_tenant(
    client: Client, viewer_with: Callable[..., Viewer], settings: Settings, root: str
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    settings.GRAPHQL_API = LIMITS
    own, others = family("acme", "other", "own"), family("other", "acme", FOREIGN)
    engine: Any = client.engine
    schema = engine.documents.schema
    asked = field(schema, root, schema.query_type.fields[root], 2)
    by_id = "$id" in asked
    query = f"query ($id: ID!) {{ {asked} }}" if by_id else f"{{ {asked} }}"
    viewer = viewer_with(*Action, name="acme")
    for id_ in (*own, *others) if by_id else ("",):
        done = client.execute(query, {"id": id_}, viewer)
        assert not done.is_request_error, done.errors
        assert FOREIGN not in json.dumps([done.data, done.errors], default=str)
        assert ("own" in json.dumps(done.data)) is (id_ not in others and root != "groupResult")
