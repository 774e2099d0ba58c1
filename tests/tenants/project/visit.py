"""Visit both tenants in turn, in threads that keep their connections; print what each visitor read."""

import json
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.test import Client  # noqa: E402
from where import rows  # noqa: E402


def visit(tenant, act, task_id):
    answer = Client(headers={"host": f"{tenant}.test"}).get(f"/{act}/{task_id}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def visits(number):
    """The same id of a task in both tenants, so that a row of the other one shows."""
    seen = []
    for tenant in "ab":
        seen.append(visit(tenant, "read", f"task-{number}"))
        visit(tenant, "store", f"task-{number}")
    return seen + [visit(tenant, "read", f"task-{number}") for tenant in "abab"]


with ThreadPoolExecutor(2) as pool:
    seen = list(pool.map(visits, range(6)))
print(json.dumps({"seen": seen, "rows": rows()}))
