"""Views that are one transaction: `ATOMIC_REQUESTS` neither hides results nor publishes what was rolled back."""

from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from django_celery_results.models import TaskResult
from tests.celery_app import NOWHERE, app
from tests.tasks import add

pytestmark = pytest.mark.django_db(transaction=True)


def send(request: HttpRequest) -> HttpResponse:
    queued = add.apply_async((1, 2), queue=NOWHERE)
    if "fail" in request.GET:
        raise RuntimeError("after the task was sent")
    return HttpResponse(f"{queued.id} {TaskResult.objects.count()}")


def read(request: HttpRequest, task_id: str) -> HttpResponse:
    return HttpResponse(app.AsyncResult(task_id).get(timeout=1))


urlpatterns = [path("send", send), path("read/<task_id>", read)]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True}
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def test_a_queued_task_has_its_row_when_the_request_is_done(client: Client) -> None:
    task_id, rows = client.get("/send").content.decode().split()
    assert rows == "0"
    assert TaskResult.objects.get().task_id == task_id


def test_a_request_that_fails_leaves_no_row(client: Client) -> None:
    assert client.get("/send?fail").status_code == 500
    assert not TaskResult.objects.exists()


def test_a_result_is_read_within_the_request(client: Client) -> None:
    app.backend.store_result("ready", "seen", "SUCCESS")
    assert client.get("/read/ready").content == b"seen"
