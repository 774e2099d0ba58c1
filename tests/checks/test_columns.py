"""The columns we add are ones that every database takes without a warning."""

from itertools import chain

import pytest
from django.apps import apps
from django.db import models

pytestmark = pytest.mark.any_database


def test_no_unique_text_is_longer_than_mysql_and_mariadb_can_index() -> None:
    fields = chain.from_iterable(model._meta.local_fields for model in _models())
    lengths = {str(field): field.max_length for field in fields if field.unique and isinstance(field, models.CharField)}
    assert lengths
    assert {name: length for name, length in lengths.items() if not length or length > 255} == {}


def _models() -> list[type[models.Model]]:
    return list(apps.get_app_config("django_celery_results").get_models())
