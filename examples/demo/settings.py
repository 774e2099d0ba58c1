"""Django's settings of the demo: nothing here is needed by the library but the lines that name it."""

import dj_database_url
import pymysql

from demo import config

pymysql.install_as_MySQLdb()  # a driver that needs no compiler

config.prepare_folder()
SECRET_KEY = config.kept_secret("secret_key")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "demo.urls"
LOGIN_URL = "admin:login"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_celery_results",
    "graphql_api",
    "demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *(["demo.autologin.AutologinMiddleware"] if config.AUTOLOGIN else []),
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "static/"
STATICFILES_DIRS = [("dashboard", built)] if (built := config.dashboard()) else []
WHITENOISE_USE_FINDERS = True  # serves the apps' own static files: no collectstatic for a demo

DATABASES = {"default": dj_database_url.parse(config.database_url())}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Several processes write: readers must not block writers, and a transaction takes its lock when it begins.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
    }

DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True}
