"""A Celery worker with a few processes; it ends with the runner, and remembers what was revoked."""

from demo import config, lifeline
from demo.celery import app


def main() -> None:
    lifeline.hold()
    options = [
        f"--concurrency={config.PROCESSES}",
        "--queues=demo,mail,slow",
        "--loglevel=INFO",
        "--hostname=demo@localhost",
        "--without-mingle",
    ]
    app.worker_main(["worker", *options, f"--statedb={config.folder() / 'worker.state'}"])


if __name__ == "__main__":
    main()
