"""A typed GraphQL service over django_celery_results."""
