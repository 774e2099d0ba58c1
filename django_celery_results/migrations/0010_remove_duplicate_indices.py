"""Kept for its name, which other projects' migrations depend on; see 0009."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("django_celery_results", "0009_groupresult")]
    operations = []
