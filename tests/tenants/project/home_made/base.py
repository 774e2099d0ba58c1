"""A database backend as projects write them: each cursor is told which tenant it serves."""

import os
from contextlib import suppress
from importlib import import_module

from django.db import DatabaseError

vendor = os.environ["PROJECT_VENDOR"]
django_backend = import_module(f"django.db.backends.{vendor}.base")


class DatabaseWrapper(django_backend.DatabaseWrapper):
    """A schema for each tenant on PostgreSQL, a database on MariaDB."""

    schema_name = "public"

    def set_schema(self, name):
        self.schema_name = name

    def home_of(self, tenant):
        if vendor == "postgresql":
            return tenant
        return self.settings_dict["NAME"] + ("" if tenant == "public" else f"_{tenant}")

    def _cursor(self, name=None):
        cursor = super()._cursor(name)
        with suppress(DatabaseError):  # nothing can be said in a transaction that is broken
            cursor.execute(
                f"{'SET search_path TO' if vendor == 'postgresql' else 'USE'} {self.home_of(self.schema_name)}"
            )
        return cursor
