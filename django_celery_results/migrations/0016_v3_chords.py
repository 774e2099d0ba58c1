"""Chords whose members cannot count twice."""

from django.db import migrations, models
from django.db.models.functions import Now

from django_celery_results.fields import ExactCharField, task_id_max_length


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0015_v3_task_columns")]
    operations = [
        migrations.CreateModel(
            name="Chord",
            fields=[
                ("group_id", ExactCharField(max_length=task_id_max_length(), primary_key=True, serialize=False)),
                (
                    "size",
                    models.PositiveIntegerField(
                        help_text="Members; unknown until the last one is published", null=True
                    ),
                ),
                (
                    "header",
                    models.TextField(help_text="JSON of the header's result tuple, where it holds groups", null=True),
                ),
                (
                    "body",
                    models.TextField(
                        help_text="Signature: content type, encoding, text, a line each; or encrypted", null=True
                    ),
                ),
                ("body_task_id", ExactCharField(max_length=task_id_max_length(), null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("claimed", "claimed"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("healing", "healing"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                (
                    "claim",
                    models.CharField(help_text="Token of the process that sends the body", max_length=36, null=True),
                ),
                ("claimed_at", models.DateTimeField(null=True)),
                ("date_created", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "chord",
                "verbose_name_plural": "chords",
            },
        ),
        migrations.CreateModel(
            name="ChordPart",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "index", "task_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group_id", ExactCharField(max_length=task_id_max_length())),
                ("task_id", ExactCharField(max_length=task_id_max_length())),
                ("index", models.IntegerField(help_text="Place in the header; below 0 what chord_rows says")),
                (
                    "state",
                    models.CharField(help_text="The member's, or the name of what the index says", max_length=50),
                ),
                (
                    "result",
                    models.TextField(help_text="Value: content type, encoding, text, a line each", null=True),
                ),
                ("date_created", models.DateTimeField(db_default=Now())),
            ],
            options={
                "verbose_name": "chord part",
                "verbose_name_plural": "chord parts",
            },
        ),
        # Those that are there begin to age now; the database dates the ones that workers of the 2.x package start.
        migrations.AddField("chordcounter", "date_created", models.DateTimeField(db_default=Now(), editable=False)),
        migrations.AddIndex(
            model_name="chord",
            index=models.Index(fields=["state", "date_created"], name="dcr_chord_state_created_idx"),
        ),
    ]
