"""The bar that commands draw on a terminal, and nowhere else: what cron mails stays short."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

_WIDTH = 40


def draw(command: BaseCommand, options: dict[str, Any], fraction: float) -> None:
    """How much is done, from 0 to 1, over the bar before; the whole bar ends its line."""
    if not command.stdout.isatty() or not options["verbosity"]:
        return
    done = round(fraction * _WIDTH)
    end = "\n" if fraction >= 1 else ""
    command.stdout.write(f"\r[{'#' * done}{'.' * (_WIDTH - done)}] {fraction:4.0%}", ending=end)
    command.stdout.flush()
