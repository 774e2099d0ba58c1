"""Settings of a project that was written for the 2.x package; both packages run with them."""

import json
import os

SECRET_KEY = "only for tests"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django_celery_results",
    "warehouse",
]
DATABASES = {"default": json.loads(os.environ["PROJECT_DATABASE"])}
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    import pymysql

    pymysql.install_as_MySQLdb()
globals().update(json.loads(os.environ.get("PROJECT_SETTINGS", "{}")))

CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_TASK_TRACK_STARTED = True
CELERY_ACCEPT_CONTENT = ["json", "pickle"]
CELERY_BROKER_URL = os.environ.get("PROJECT_BROKER", "memory://")
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("PROJECT_QUEUE", "celery")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_RESULT_CHORD_JOIN_TIMEOUT = 120.0
CELERY_CONTROL_EXCHANGE = os.environ["PROJECT_ID"]
CELERY_EVENT_EXCHANGE = f"{CELERY_CONTROL_EXCHANGE}-events"
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{CELERY_CONTROL_EXCHANGE}:"}
