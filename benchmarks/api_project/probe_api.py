"""Answers each line of its input, the title of an operation, by a line of JSON: how many milliseconds some repetitions
took through Django's test client, and what was answered.

Argument: number of repetitions to a line.
"""

import json
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
    "A": (PAGE, "Page", {"first": 100}),
    "B": (ONE, "One", {"id": GLOBAL_ID}),
    "C": (GROUPS, "Groups", {"first": 20}),
}


def ask(query: str, name: str, variables: dict) -> bytes:
    body = {"query": query, "operationName": name, "variables": variables}
    return client.post("/graphql/", json.dumps(body), content_type="application/json").content


for line in sys.stdin:
    operation = OPERATIONS[line.strip()]
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        answer = ask(*operation)
        times.append((time.perf_counter() - started) * 1000)
    assert b'"errors"' not in answer, answer[:500]
    print(json.dumps({"times": times, "answer": json.loads(answer)}), flush=True)
