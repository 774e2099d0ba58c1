"""Django settings of one contender of the API benchmark: `API_CONTENDER` names the module of its URLs."""

import os

CONTENDER = os.environ["API_CONTENDER"]
SECRET_KEY = "only for benchmarks"
USE_TZ = True
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = f"{CONTENDER}_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_results",
    *({"ours": ["graphql_api"], "graphene": ["graphene_django"]}.get(CONTENDER, [])),
]
MIDDLEWARE = ["api_user.superuser"]  # one user for all, without the queries of a session
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("BENCH_DATABASE", "bench_api"),
        "USER": "root",
        "HOST": "127.0.0.1",
        # Under ASGI each request has a thread, and so a connection, of its own, which a pool keeps.
        **({"OPTIONS": {"pool": True}} if os.environ.get("API_ASGI") else {"CONN_MAX_AGE": None}),
    }
}
GRAPHENE = {"SCHEMA": "graphene_urls.schema"}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LOGGING = {"version": 1, "loggers": {"graphql_api.operations": {"level": "ERROR"}}}  # this machine is slow at times
