"""docs/access.md names every permission, and its policy and its tokens work as it says."""

import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.test import Client

from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from tests.docs.pages import code_block, page
from tests.factories import create_group, create_task

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db,
    pytest.mark.skipif(find_spec("graphql") is None, reason="no GraphQL library is installed"),
]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Load the code of the page as modules of a project, and name them in the settings."""
    for name, containing in (("shop_policies", "class ShopPolicy"), ("shop_tokens", "def token_for")):
        module = ModuleType(name)
        exec(code_block("access", "python", containing), vars(module))
        monkeypatch.setitem(sys.modules, name, module)
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "shop_policies.ShopPolicy"}
    settings.GRAPHQL_API = {"AUTHENTICATE": "shop_tokens.user_of"}


@pytest.fixture
def mailer(viewer_with: Callable[..., Viewer]) -> AbstractUser:
    """A user of the team whose queue is `mail`."""
    user = viewer_with(Action.VIEW, Action.VIEW_PAYLOAD, Action.VIEW_GROUP, Action.RETRY, name="mailer").user
    assert user
    user.groups.add(Group.objects.create(name="mail"))
    return user


def query_nodes(client: Client, query: str = "{ taskResults { nodes { taskId } } }") -> Any:
    answer = client.post("/graphql/", {"query": query}, content_type="application/json")
    assert "errors" not in answer.json(), answer.content
    return answer.json()["data"]["taskResults"]["nodes"]


def test_table_names_every_permission() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", page("access"), re.MULTILINE)) == {action.value for action in Action}


def test_policy_limits_a_team_to_the_tasks_of_its_queues(shop: None, mailer: AbstractUser, client: Client) -> None:
    create_task("ours", queue="mail")
    create_task("theirs", queue="pay")
    client.force_login(mailer)
    assert query_nodes(client) == [{"taskId": "ours"}]


def test_policy_forbids_retrying_one_task(shop: None, mailer: AbstractUser) -> None:
    create_task("c", queue="mail", task_name="shop.tasks.charge", status="FAILURE")
    outcome = retry(Viewer(user=mailer), TaskRef(task_id="c"))
    assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.TASK_NOT_ALLOWED]


def test_policy_forbids_overriding_arguments(shop: None, mailer: AbstractUser) -> None:
    mailer.user_permissions.add(Permission.objects.get(codename="override_taskresult"))
    create_task("m", queue="mail", task_name="shop.tasks.send_letter", status="FAILURE")
    codes = [
        retry(Viewer(user=mailer), TaskRef(task_id="m"), overrides=overrides).refusals[0].code
        for overrides in (RetryOverrides(args=[1]), RetryOverrides(priority=1))
    ]
    assert codes == [ErrorCode.TASK_NOT_ALLOWED, ErrorCode.ARGUMENTS_UNAVAILABLE]


def test_policy_redacts_a_result(shop: None, mailer: AbstractUser, client: Client) -> None:
    create_task("l", queue="mail", task_name="shop.tasks.send_letter", status="SUCCESS", result='"Dear Ada"')
    client.force_login(mailer)
    assert query_nodes(client, "{ taskResults { nodes { result { text isRedacted } } } }") == [
        {"result": {"text": "[a letter]", "isRedacted": True}}
    ]


def test_signed_token_authenticates_a_user(shop: None, mailer: AbstractUser) -> None:
    create_task("ours", queue="mail")
    token = sys.modules["shop_tokens"].token_for(mailer)
    assert query_nodes(Client(headers={"authorization": f"Bearer {token}"})) == [{"taskId": "ours"}]
    forged = Client(headers={"authorization": f"Bearer {token[:-1]}"})
    assert forged.post("/graphql/", {"query": "{ __typename }"}, content_type="application/json").status_code == 401


def test_policy_limits_a_team_to_the_groups_of_its_tasks(shop: None, mailer: AbstractUser, client: Client) -> None:
    create_task("ours", queue="mail", group_id="letters")
    create_task("theirs", queue="pay", group_id="payments")
    create_group("letters", ["ours"])
    create_group("payments", ["theirs"])
    client.force_login(mailer)
    answer = client.post(
        "/graphql/", {"query": "{ groupResults { nodes { groupId } } }"}, content_type="application/json"
    )
    assert answer.json() == {"data": {"groupResults": {"nodes": [{"groupId": "letters"}]}}}


def test_example_test_passes(shop: None, viewer_with: Callable[..., Viewer]) -> None:
    create_task("theirs", queue="pay")
    names: dict[str, Any] = {}
    exec(code_block("access", "python", "from graphql_api.testing"), names)
    names["test_the_other_team_sees_nothing"](viewer_with(Action.VIEW, name="other").user)
