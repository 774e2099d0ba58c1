"""The smallest project, in one file: a task whose results are in Django's database, the admin, and the GraphQL service.

python minimal.py migrate
python minimal.py createsuperuser
celery -A minimal worker       # in a second terminal; the broker is Redis on this machine, or BROKER_URL
python minimal.py runserver    # in a third; log in at http://127.0.0.1:8000/graphql/
python minimal.py shell -c "from __main__ import divide; divide.delay(1, 0)"
"""

import os
import sys
from pathlib import Path

import django
from celery import Celery
from django.conf import settings
from django.contrib import admin
from django.core.management import execute_from_command_line
from django.urls import include, path

os.environ["DJANGO_SETTINGS_MODULE"] = "minimal"  # tells Celery to look after Django's connections
settings.configure(
    SECRET_KEY="replace me",
    DEBUG=True,
    ROOT_URLCONF=__name__,
    LOGIN_URL="admin:login",
    USE_TZ=True,
    STATIC_URL="static/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "django_celery_results",
        "graphql_api",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
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
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(__file__).parent / "minimal.sqlite3",
            # Worker and web server both write to this file.
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
        }
    },
)
django.setup()

app = Celery("minimal", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0"), backend="django-db")
app.conf.result_extended = True  # keeps names and arguments, and what a retry of a failed task needs


@app.task
def divide(a: int, b: int) -> float:
    return a / b


urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql/", include("graphql_api.urls")),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
