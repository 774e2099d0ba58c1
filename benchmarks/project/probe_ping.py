"""Prints "pong" once the worker named in the first argument answers."""

import sys

from bench_app import app

node = sys.argv[1]
print("pong" if app.control.ping(destination=[node], timeout=2.0) else "")
