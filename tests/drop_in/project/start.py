"""Import this first in a script: it sets Django up and loads the Celery app."""

import django
from celery_app import app

django.setup()

__all__ = ["app"]
