"""Send the same tasks for both tenants, wait for them, print what they returned and where their rows lie."""

import json

import django
from celery import chord
from celery_app import leaves_open, quick, reports_in_block, total, until_started

django.setup()

from django.db import connection  # noqa: E402
from where import rows  # noqa: E402

SECONDS = 60
sent, returned = {}, {}
for _ in range(3):
    for tenant in "ab":
        connection.set_schema(tenant)
        sent.setdefault(tenant, []).extend([
            *(task.delay() for task in (until_started, reports_in_block, leaves_open)),
            *(quick.delay(f"of {tenant}") for _ in range(4)),
            chord([quick.s(1), quick.s(2)], total.s())(),
        ])  # fmt: skip
for tenant, tasks in sent.items():
    connection.set_schema(tenant)
    returned[tenant] = [each.get(timeout=SECONDS) for each in tasks]
print(json.dumps({"returned": returned, "rows": rows()}))
