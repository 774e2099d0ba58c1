"""More known about each task: nullable, so that the 2.x package still works on these tables."""

from django.db import migrations, models

from django_celery_results.fields import task_id_max_length


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
            field=models.CharField(
                editable=False, max_length=task_id_max_length(), null=True, verbose_name="Retried From"
            ),
        ),
        migrations.AddField(
            model_name="taskresult",
            name="retries",
            field=models.IntegerField(editable=False, null=True, verbose_name="Retries"),
        ),
        migrations.AddField(
            model_name="taskresult",
            name="root_id",
            field=models.CharField(
                editable=False, max_length=task_id_max_length(), null=True, verbose_name="Root Task ID"
            ),
        ),
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
