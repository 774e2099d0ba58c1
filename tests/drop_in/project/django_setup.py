"""Set Django up and load the Celery app: scripts import this module first."""

import django
from celery_app import app

django.setup()

__all__ = ["app"]
