"""Views in one transaction by `ATOMIC_REQUESTS`: rows of queued tasks follow the transaction, results are readable."""

from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from django_celery_results.models import TaskResult
from tests.celery_app import NOWHERE, app
from tests.tasks import add
from tests.workers import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def publish_task(request: HttpRequest) -> HttpResponse:
    queued = add.apply_async((1, 2), queue=NOWHERE)
    if "fail" in request.GET:
        raise RuntimeError("after the task was published")
    return HttpResponse(f"{queued.id} {TaskResult.objects.count()}")


def read_result(request: HttpRequest, task_id: str) -> HttpResponse:
    return HttpResponse(app.AsyncResult(task_id).get(timeout=PATIENCE))


urlpatterns = [path("publish", publish_task), path("read/<task_id>", read_result)]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True}
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def test_row_of_a_queued_task_is_written_after_the_request(client: Client) -> None:
    task_id, rows = client.get("/publish").content.decode().split()
    assert rows == "0"
    assert TaskResult.objects.get().task_id == task_id


def test_failed_request_leaves_no_row_of_a_queued_task(client: Client) -> None:
    assert client.get("/publish?fail").status_code == 500
    assert not TaskResult.objects.exists()


def test_result_is_readable_in_a_request(client: Client) -> None:
    app.backend.store_result("ready", "seen", "SUCCESS")
    assert client.get("/read/ready").content == b"seen"
