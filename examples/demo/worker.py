"""A Celery worker with two processes; it ends with the runner."""

from demo import lifeline
from demo.celery import app


def main() -> None:
    lifeline.hold()
    app.worker_main(["worker", "--concurrency=2", "--loglevel=INFO", "--hostname=demo@localhost", "--without-mingle"])


if __name__ == "__main__":
    main()
