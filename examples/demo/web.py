"""The web server: waitress, as a small installation would run it."""

import errno
import os
import sys

import django
from django.core.wsgi import get_wsgi_application
from waitress.server import create_server

import demo.celery  # noqa: F401 - actions publish with the project's own app
from demo import config, lifeline


def serve() -> None:
    """Listen and serve until the process ends."""
    config.refuse_other_hosts()
    try:
        server = create_server(get_wsgi_application(), host=config.HOST, port=config.port(), threads=8)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise config.Unusable(f"port {config.port()} is in use; name another: PORT={config.port() + 1}") from error
    print(f"listening on {server.effective_port}", flush=True)
    server.run()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    lifeline.hold()
    django.setup()
    try:
        serve()
    except config.Unusable as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
