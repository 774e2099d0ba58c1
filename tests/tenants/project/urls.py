"""What visitors of a tenant may do: store the state of a task, and read it."""

from celery_app import app
from django.db import connection
from django.http import HttpResponse
from django.urls import path


def choose_tenant(get_response):
    """Middleware of the backend that the project wrote itself."""

    def visit(request):
        connection.set_schema(request.get_host().partition(".")[0])
        return get_response(request)

    return visit


def store(request, task_id):
    app.backend.store_result(task_id, f"of {connection.schema_name}", "SUCCESS")
    return HttpResponse()


def read(request, task_id):
    meta = app.backend.get_task_meta(task_id, cache=False)
    return HttpResponse(f"{meta['status']} {meta['result']}")


urlpatterns = [path("store/<task_id>", store), path("read/<task_id>", read)]
