"""Indexes for lists, lineage and groups, built while workers go on writing."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class AddIndexOnline(migrations.AddIndex):
    """PostgreSQL locks writers out unless it is told otherwise; MariaDB and MySQL do not.

    Outside a transaction a build may be interrupted: what it left is taken away before the next one.
    """

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, _: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(self.index, model, schema_editor)
            schema_editor.add_index(model, self.index, **_online(schema_editor))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, _: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _remove(self.index, model, schema_editor)


class RemoveIndexOnline(migrations.RemoveIndex):
    """Likewise; going back builds it again."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, _: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            _remove(index, model, schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, _: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            _remove(index, model, schema_editor)
            schema_editor.add_index(model, index, **_online(schema_editor))


def _remove(index: models.Index, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        is_there = index.name in connection.introspection.get_constraints(cursor, model._meta.db_table)
    if is_there:
        schema_editor.remove_index(model, index, **_online(schema_editor))


def _online(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, bool]:
    return {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}


def index(name: str, *columns: str) -> AddIndexOnline:
    return AddIndexOnline("taskresult", models.Index(fields=columns, name=name))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("django_celery_results", "0017_v3_messages_and_operations")]
    operations = [
        index("dcr_task_status_created_idx", "status", "date_created", "id"),
        index("dcr_task_root_idx", "root_id"),
        index("dcr_task_parent_idx", "parent_id"),
        index("dcr_task_group_idx", "group_id"),
        index("dcr_task_retried_from_idx", "retried_from"),
        # The id tells apart the tasks of one instant, so that lists and retention go on where they were.
        index("dcr_task_done_idx", "date_done", "id"),
        RemoveIndexOnline("taskresult", "django_cele_date_do_f59aad_idx"),
    ]
