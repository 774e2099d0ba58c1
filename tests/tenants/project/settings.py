"""Settings of a project with tenants, by django-tenants or by a database backend that the project wrote itself."""

import json
import os

SECRET_KEY = "only for tests"
USE_TZ = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
DATABASES = {"default": json.loads(os.environ["PROJECT_DATABASE"])}
if os.environ["PROJECT_VENDOR"] == "mysql":
    import pymysql

    pymysql.install_as_MySQLdb()

TENANT_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_celery_results"]
if DATABASES["default"]["ENGINE"] == "django_tenants.postgresql_backend":
    # The tables of results are in the public schema, too: a row that lands there by mistake is seen there.
    SHARED_APPS = ["django_tenants", "customers", *TENANT_APPS]
    INSTALLED_APPS = SHARED_APPS
    TENANT_MODEL, TENANT_DOMAIN_MODEL = "customers.Client", "customers.Domain"
    DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
    MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
else:
    INSTALLED_APPS = TENANT_APPS
    MIDDLEWARE = ["urls.choose_tenant"]

DJANGO_CELERY_RESULTS = json.loads(os.environ["PROJECT_RESULTS"])
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_TRACK_STARTED = True
CELERY_BROKER_URL = os.environ.get("PROJECT_BROKER", "memory://")
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("PROJECT_QUEUE", "celery")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
