"""`make serve`: only the web server, in the foreground, on a database of generated rows."""

import os
import sys

from demo import config
from demo.service import manage


def main() -> None:
    try:
        config.refuse_other_hosts()
        config.port()
        config.prepare_folder()
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{config.folder() / 'rows.sqlite3'}")
        os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
        manage("prepare_demo")
        manage("seed_rows")
    except config.Unusable as error:
        sys.exit(f"error: {error}")
    os.environ["DEMO_RUNNER"] = str(os.getppid())  # make, which may be killed
    os.execv(sys.executable, [sys.executable, "-m", "demo.web"])


if __name__ == "__main__":
    main()
