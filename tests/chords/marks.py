"""The mark of tests that store chords."""

import pytest

committing = pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])
"""Commit, and empty the tables of this app afterwards: to empty those of all apps takes twice as long."""
