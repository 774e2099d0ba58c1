"""More known about each task: nullable, so that the 2.x package still works on these tables."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from django_celery_results.fields import task_id_max_length
from django_celery_results.migrations._locks import alter_table, lock_tables


class AddColumns(migrations.SeparateDatabaseAndState):
    """Add columns to `taskresult`, on MariaDB and MySQL by one statement.

    These two commit after each statement: with one per column, a failure in between left columns that the next
    `migrate` could not add again. Columns that such a failure left are skipped.
    """

    def describe(self) -> str:
        return "Add columns to model taskresult"

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "mysql":
            self._alter("ADD", to_state.apps.get_model(app_label, "taskresult"), schema_editor)
        else:
            lock_tables(schema_editor, app_label, "taskresult", state=from_state)
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "mysql":
            self._alter("DROP", from_state.apps.get_model(app_label, "taskresult"), schema_editor)
        else:
            lock_tables(schema_editor, app_label, "taskresult", state=from_state)
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _alter(self, verb: str, model: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        quote = schema_editor.quote_name
        present = set() if schema_editor.collect_sql else _columns(model, schema_editor)
        operations: Any = self.state_operations
        clauses = []
        for field in (model._meta.get_field(operation.name) for operation in operations):
            definition = f" {schema_editor.column_sql(model, field)[0]}" if verb == "ADD" else ""
            if schema_editor.collect_sql or (field.column in present) is (verb == "DROP"):
                clauses.append(f"{verb} COLUMN {quote(field.column)}{definition}")
        if clauses:
            alter_table(schema_editor, f"ALTER TABLE {quote(model._meta.db_table)} {', '.join(clauses)}")


def _columns(model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> set[str]:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)}


COLUMNS = [
    migrations.AddField(
        model_name="taskresult",
        name="attempt",
        field=models.BigIntegerField(editable=False, null=True, verbose_name="Attempt"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="error_fingerprint",
        field=models.CharField(editable=False, max_length=64, null=True, verbose_name="Error Fingerprint"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="error_type",
        field=models.CharField(editable=False, max_length=255, null=True, verbose_name="Error Type"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="eta",
        field=models.DateTimeField(editable=False, null=True, verbose_name="ETA"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="group_id",
        field=models.CharField(editable=False, max_length=task_id_max_length(), null=True, verbose_name="Group ID"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="parent_id",
        field=models.CharField(
            editable=False, max_length=task_id_max_length(), null=True, verbose_name="Parent Task ID"
        ),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="priority",
        field=models.IntegerField(editable=False, null=True, verbose_name="Priority"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="queue",
        field=models.CharField(editable=False, max_length=255, null=True, verbose_name="Queue"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="retried_from",
        field=models.CharField(editable=False, max_length=task_id_max_length(), null=True, verbose_name="Retried From"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="retries",
        field=models.IntegerField(editable=False, null=True, verbose_name="Retries"),
    ),
    migrations.AddField(
        model_name="taskresult",
        name="root_id",
        field=models.CharField(editable=False, max_length=task_id_max_length(), null=True, verbose_name="Root Task ID"),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0014_alter_taskresult_status")]
    operations = [
        migrations.AlterModelOptions(
            name="taskresult",
            options={
                "ordering": ["-date_done"],
                "permissions": [
                    ("retry_taskresult", "Can run task results again"),
                    ("override_taskresult", "Can change what a task is run again with"),
                    ("revoke_taskresult", "Can revoke tasks"),
                    ("terminate_taskresult", "Can terminate running tasks"),
                    ("kill_taskresult", "Can kill running tasks with SIGKILL"),
                    ("view_payload", "Can view arguments and results"),
                    ("view_traceback", "Can view tracebacks"),
                ],
                "verbose_name": "task result",
                "verbose_name_plural": "task results",
            },
        ),
        AddColumns(database_operations=COLUMNS, state_operations=COLUMNS),
        migrations.AlterField(
            model_name="chordcounter",
            name="count",
            field=models.PositiveIntegerField(help_text="Members that have not finished yet"),
        ),
        migrations.AlterField(
            model_name="chordcounter",
            name="sub_tasks",
            field=models.TextField(help_text="JSON list of the result tuples of the header"),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="date_done",
            field=models.DateTimeField(
                auto_now=True, help_text="Means something in a final state only", verbose_name="Completed DateTime"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="task_args",
            field=models.TextField(
                help_text="JSON of the arguments' representation", null=True, verbose_name="Task Positional Arguments"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="task_kwargs",
            field=models.TextField(
                help_text="JSON of the named arguments' representation", null=True, verbose_name="Task Named Arguments"
            ),
        ),
    ]
