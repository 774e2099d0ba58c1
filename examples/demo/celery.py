"""The Celery app. Late acknowledgement and redelivery make a killed worker lose nothing."""

import os

from celery import Celery

from demo import config

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

NO_BROKER = "redis://127.0.0.1:9/0"
"""Nobody listens there: `make serve` has no broker, and must not find one that happens to run on a standard port."""

app = Celery("demo")
app.conf.update(
    broker_url=config.BROKER_URL or NO_BROKER,
    broker_connection_retry_on_startup=True,
    result_backend="django-db",
    result_extended=True,
    result_expires=30 * 24 * 3600,
    task_track_started=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    task_default_queue="demo",
    # Nobody wants a web server that waits long for a broker that is away.
    task_publish_retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2},
)
if config.BROKER_URL.startswith("redis"):
    app.conf.broker_transport_options = {
        # Longer than the longest task and the longest wait: what is unacknowledged then is delivered again.
        "visibility_timeout": float(os.environ.get("DEMO_VISIBILITY_TIMEOUT") or 2 * 3600),
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A worker that was killed while it looked for such messages keeps the next from looking for so many seconds.
        "unacked_mutex_expire": 10,
    }
app.autodiscover_tasks(["demo"])
