"""What retries send again, and who did what."""

import django.db.models.deletion
from django.db import migrations, models

from django_celery_results.fields import ExactCharField, task_id_max_length


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0016_v3_chords")]
    operations = [
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("action", models.CharField(max_length=32, verbose_name="Action")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("claimed", "claimed"),
                            ("done", "done"),
                            ("refused", "refused"),
                            ("failed", "failed"),
                        ],
                        default="claimed",
                        max_length=16,
                        verbose_name="State",
                    ),
                ),
                (
                    "actor_id",
                    models.CharField(help_text="Primary key of the user; null: the system", max_length=255, null=True),
                ),
                ("actor_name", models.CharField(blank=True, default="", max_length=255, verbose_name="Actor")),
                ("remote_address", models.CharField(max_length=64, null=True, verbose_name="Remote Address")),
                ("reason", models.TextField(null=True, verbose_name="Reason")),
                ("task_id", ExactCharField(max_length=task_id_max_length(), null=True, verbose_name="Task ID")),
                ("new_task_id", ExactCharField(max_length=task_id_max_length(), null=True, verbose_name="New Task ID")),
                ("task_name", models.CharField(max_length=255, null=True, verbose_name="Task Name")),
                ("input", models.TextField(default="{}", help_text="JSON, secrets redacted", verbose_name="Input")),
                ("outcome", models.TextField(default="{}", help_text="JSON, secrets redacted", verbose_name="Outcome")),
                (
                    "undo",
                    models.TextField(
                        editable=False, help_text="JSON of what un-claiming restores; null when closed", null=True
                    ),
                ),
                ("error_code", models.CharField(max_length=32, null=True, verbose_name="Error Code")),
                (
                    "idempotency_key",
                    ExactCharField(help_text="Digest of actor and key", max_length=64, null=True, unique=True),
                ),
                (
                    "open_claim",
                    ExactCharField(help_text="Digest of action and task", max_length=64, null=True, unique=True),
                ),
                ("lease_until", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="Started At")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="Finished At")),
            ],
            options={
                "verbose_name": "operation",
                "verbose_name_plural": "operations",
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="TaskMessage",
            fields=[
                ("task_id", ExactCharField(max_length=task_id_max_length(), primary_key=True, serialize=False)),
                ("task_name", models.CharField(max_length=255)),
                (
                    "serializer",
                    models.CharField(help_text="kombu's name; null where nothing is kept", max_length=64, null=True),
                ),
                ("body", models.TextField(help_text="Text, or base64 where the serializer makes bytes", null=True)),
                ("options", models.TextField(default="{}", help_text="JSON of the options it was sent with")),
                ("reason", models.CharField(help_text="Why no body is kept", max_length=255, null=True)),
                ("is_encrypted", models.BooleanField(db_default=False, default=False)),
                ("date_created", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "task message",
                "verbose_name_plural": "task messages",
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="operation",
            name="bulk",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="django_celery_results.operation",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["task_id"], name="dcr_operation_task_idx"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["started_at", "id"], name="dcr_operation_started_idx"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["state", "lease_until"], name="dcr_operation_lease_idx"),
        ),
        # Help texts only: no statement is run.
        migrations.AlterField(
            model_name="chordcounter",
            name="group_id",
            field=models.CharField(
                help_text="Celery's ID of the group",
                max_length=task_id_max_length(),
                unique=True,
                verbose_name="Group ID",
            ),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="content_encoding",
            field=models.CharField(help_text="Encoding of the result", max_length=64, verbose_name="Result Encoding"),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="content_type",
            field=models.CharField(
                help_text="MIME type of the result", max_length=128, verbose_name="Result Content Type"
            ),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="date_created",
            field=models.DateTimeField(
                auto_now_add=True, help_text="When the row was created, in UTC", verbose_name="Created DateTime"
            ),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="date_done",
            field=models.DateTimeField(
                auto_now=True, help_text="When the group was last stored, in UTC", verbose_name="Completed DateTime"
            ),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="group_id",
            field=models.CharField(
                help_text="Celery's ID of the group",
                max_length=task_id_max_length(),
                unique=True,
                verbose_name="Group ID",
            ),
        ),
        migrations.AlterField(
            model_name="groupresult",
            name="result",
            field=models.TextField(
                default=None,
                editable=False,
                help_text="Celery's result tuple of the group",
                null=True,
                verbose_name="Result Data",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="content_encoding",
            field=models.CharField(help_text="Encoding of the result", max_length=64, verbose_name="Result Encoding"),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="content_type",
            field=models.CharField(
                help_text="MIME type of the result", max_length=128, verbose_name="Result Content Type"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="date_created",
            field=models.DateTimeField(
                auto_now_add=True, help_text="When the row was created, in UTC", verbose_name="Created DateTime"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="date_started",
            field=models.DateTimeField(
                default=None,
                help_text="When a worker started the task, in UTC",
                null=True,
                verbose_name="Started DateTime",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="meta",
            field=models.TextField(
                default=None,
                editable=False,
                help_text="Children of the task and more, as JSON",
                null=True,
                verbose_name="Task Meta Information",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="periodic_task_name",
            field=models.CharField(
                help_text="Name of the periodic task that sent it",
                max_length=255,
                null=True,
                verbose_name="Periodic Task Name",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="result",
            field=models.TextField(
                default=None,
                editable=False,
                help_text="Return value or exception, encoded as content type and encoding say",
                null=True,
                verbose_name="Result Data",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="status",
            field=models.CharField(
                default="PENDING", help_text="State that was stored last", max_length=50, verbose_name="Task State"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="task_id",
            field=models.CharField(
                help_text="Celery's ID of the task",
                max_length=task_id_max_length(),
                unique=True,
                verbose_name="Task ID",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="task_name",
            field=models.CharField(
                help_text="Registered name of the task",
                max_length=task_id_max_length(),
                null=True,
                verbose_name="Task Name",
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="traceback",
            field=models.TextField(
                blank=True, help_text="Traceback of the exception", null=True, verbose_name="Traceback"
            ),
        ),
        migrations.AlterField(
            model_name="taskresult",
            name="worker",
            field=models.CharField(
                default=None,
                help_text="Node name of the worker that ran it",
                max_length=100,
                null=True,
                verbose_name="Worker",
            ),
        ),
    ]
