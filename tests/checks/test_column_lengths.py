"""Every database that is supported can index the unique columns of the models."""

from itertools import chain

from django.apps import apps
from django.db import models


def test_unique_columns_fit_an_index_of_mysql_and_mariadb() -> None:
    tables = apps.get_app_config("django_celery_results").get_models()
    columns = chain.from_iterable(model._meta.local_fields for model in tables)
    lengths = {str(each): each.max_length for each in columns if each.unique and isinstance(each, models.CharField)}
    assert lengths
    assert {name: length for name, length in lengths.items() if not length or length > 255} == {}
