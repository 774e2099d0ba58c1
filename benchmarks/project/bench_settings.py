"""Django settings of a contender; everything that differs comes from the environment."""

import json
import os

_NAME = os.environ.get("BENCH_DATABASE", "bench")
_ENGINES = {
    "postgresql": {"ENGINE": "django.db.backends.postgresql", "USER": "root", "HOST": "127.0.0.1"},
    "mysql": {
        "ENGINE": "django.db.backends.mysql",
        "USER": "root",
        "HOST": "127.0.0.1",
        "OPTIONS": {"charset": "utf8mb4"},
    },
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;", "timeout": 20},
    },
}
_VENDOR = os.environ.get("BENCH_VENDOR", "postgresql")
if _VENDOR == "mysql":
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql

        pymysql.install_as_MySQLdb()

SECRET_KEY = "only for benchmarks"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_celery_results"]
DATABASES = {
    "default": {**_ENGINES[_VENDOR], "NAME": _NAME, "CONN_MAX_AGE": int(os.environ.get("BENCH_CONN_MAX_AGE", "0"))}
}
DJANGO_CELERY_RESULTS = {"CELERY_APP": "bench_app:app", **json.loads(os.environ.get("BENCH_RESULTS", "{}"))}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
