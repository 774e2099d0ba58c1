"""Print the tables of the 2.x package as the database describes them."""

import json

import django_setup  # noqa: F401
from django.db import connection

TABLES = ("taskresult", "groupresult", "chordcounter")


def columns(cursor, table):
    described = connection.introspection.get_table_description(cursor, table)
    return [[c.name, str(c.type_code), c.display_size, c.internal_size, c.null_ok, c.default] for c in described]


def constraints(cursor, table):
    found = connection.introspection.get_constraints(cursor, table).items()
    return sorted(
        [name, about["columns"], about["primary_key"], about["unique"], about["index"], about.get("type")]
        for name, about in found
    )


with connection.cursor() as cursor:
    names = {name: f"django_celery_results_{name}" for name in TABLES}
    print(json.dumps({n: [columns(cursor, table), constraints(cursor, table)] for n, table in names.items()}))
