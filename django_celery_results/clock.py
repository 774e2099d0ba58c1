"""The clock of the database, by which leases run: those of machines differ, by minutes where nobody sets them."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now


class DatabaseNow(Now):
    """The moment at which the statement runs, in UTC. MySQL would say it in the time zone of the session."""

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)", **context)
