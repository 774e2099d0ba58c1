"""Prints JSON: median milliseconds of each operation through Django's test client, and what it answered.

Argument: number of repetitions.
"""

import json
import statistics
import sys
import time
from base64 import b64encode

import django

django.setup()

from django.test import Client  # noqa: E402
from queries import GROUPS, ONE, PAGE  # noqa: E402

repetitions = int(sys.argv[1])
client = Client()
GLOBAL_ID = b64encode(b"TaskResult:1000").decode()
OPERATIONS = {
    "A: page of 100": (PAGE, "Page", {"first": 100}),
    "B: one by id": (ONE, "One", {"id": GLOBAL_ID}),
    "C: 20 groups x 20 tasks": (GROUPS, "Groups", {"first": 20}),
}


def ask(query: str, name: str, variables: dict) -> bytes:
    body = {"query": query, "operationName": name, "variables": variables}
    return client.post("/graphql/", json.dumps(body), content_type="application/json").content


seen = {}
for title, operation in OPERATIONS.items():
    for _ in range(5):
        answer = ask(*operation)
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        ask(*operation)
        times.append((time.perf_counter() - started) * 1000)
    assert b'"errors"' not in answer, answer[:500]
    seen[title] = {"median": statistics.median(times), "answer": json.loads(answer)}
print(json.dumps(seen))
