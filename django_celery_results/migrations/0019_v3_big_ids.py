"""Ids beyond 2,147,483,647, where a project asks for them: rewriting a large table takes time and locks it.

A project that asks later goes back to 0018 first and comes here again: see docs/upgrading.md.
"""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from django_celery_results.fields import has_big_ids
from django_celery_results.migrations._locks import lock_tables

MODELS = ("taskresult", "groupresult", "chordcounter")


class Widen(migrations.AlterField):
    """Going back leaves the columns wide: ids that were given would not fit, and the 2.x package does not mind."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        lock_tables(schema_editor, app_label, *MODELS, state=from_state)  # all at once
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, *args: Any, **kwargs: Any) -> None:
        pass


def widened(model: str) -> Widen:
    key = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
    return Widen(model, "id", key)


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0018_v3_indexes")]
    operations = [widened(model) for model in MODELS] if has_big_ids() else []
