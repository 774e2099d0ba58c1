"""Celery's result backends; the entry points `django-db` and `django-cache` lead here."""
