"""The demonstration: a small Django project over a real Celery worker. `make demo` runs it, `make demo-check` tests it.

The environment configures it: DEMO_DIR (where it writes), PORT, BROKER_URL, DATABASE_URL, DEMO_AUTOLOGIN.
"""
