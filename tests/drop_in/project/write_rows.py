"""Write rows of every shape with the installed package: `python write_rows.py PREFIX`."""

import datetime
import sys

from celery import chord, states
from celery.app.task import Context
from celery.result import AsyncResult, GroupResult
from django_setup import app
from warehouse.models import Failure, Note, OwnedTaskResult
from warehouse.tasks import add, total

from django_celery_results.models import TaskResult

prefix = sys.argv[1]
backend = app.backend


def named(name):
    return f"{prefix}-{name}"


def request(name, **extra):
    fields = {"task": "warehouse.tasks.add", "hostname": "old@host", "delivery_info": {"routing_key": "celery"}}
    return Context({"id": named(name), **fields, **extra})


def store(name, value, state, **keywords):
    backend.store_result(named(name), value, state, **keywords)


def store_results():
    store("json", {"a": [1, None, "ü"], "when": datetime.datetime(2026, 1, 2, 3, 4, 5)}, states.SUCCESS)
    store("text", "<b>", states.SUCCESS, request=request("text", args=(1, 2), kwargs={"x": 1}, argsrepr="(1, 2)",
                                                          kwargsrepr="{'x': 1}"))  # fmt: skip
    store("protocol-1", 3, states.SUCCESS, request=request("protocol-1", args=["y"], kwargs={"x": [1]}))
    store("cut", 3, states.SUCCESS, request=request("cut", argsrepr="('aaaa...", kwargsrepr="{'k': ...}"))
    store("none", None, states.SUCCESS)
    store("failure", ValueError("no", 2), states.FAILURE, traceback="Traceback: no")
    store("revoked", KeyError("gone"), states.REVOKED)
    store("retry", OSError(5, "disk"), states.RETRY, traceback="Traceback: disk")
    store("started", {"pid": 1}, states.STARTED, request=request("started"))
    store("progress", {"current": 3, "total": 9}, "PROGRESS", request=request("progress"))


def store_pickle_only_values():
    store("set", {1, 2, datetime.date(2026, 1, 1)}, states.SUCCESS, request=request("set", args=({1},), kwargs={}))


def create_rows_without_a_worker():
    TaskResult.objects.store_result(
        "application/json", "utf-8", named("hook"), None, "PENDING",
        task_name="warehouse.tasks.add", task_args="(1, 2)", task_kwargs="{}", worker="celery@origin",
    )  # fmt: skip
    plain = {"content_type": "application/json", "content_encoding": "utf-8", "result": "1", "status": "SUCCESS"}
    TaskResult.objects.create(task_id=named("bare"), task_args="(<Thing: 1>,)", **plain)
    OwnedTaskResult.objects.create(task_id=named("owned"), owner="ann", **plain)
    Failure.objects.create(task_id=named("proxy"), **plain)
    Note.objects.create(task_id=named("json"), text=prefix)


def store_groups_and_chords():
    inner = GroupResult(named("inner"), [AsyncResult(named("text"))])
    GroupResult(named("group"), [AsyncResult(named("json")), inner]).save()
    header = [add.s(1, 1).set(task_id=named("part-1")), add.s(2, 2).set(task_id=named("part-2"))]
    chord(header, total.s().set(task_id=named("body"))).apply_async()


store_results()
if app.conf.result_serializer == "pickle":
    store_pickle_only_values()
else:
    create_rows_without_a_worker()
store_groups_and_chords()
