"""Celery results in the Django database and cache: stored safely, queried quickly, run again exactly."""

import re
from typing import NamedTuple

__version__ = "3.0.0"
__author__ = "the django-celery-results maintainers"
__docformat__ = "restructuredtext"


class version_info_t(NamedTuple):  # noqa: N801 - the name is part of the contract
    """The version, part by part."""

    major: int
    minor: int
    micro: int
    releaselevel: str
    serial: str


_match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(\D*)(\d*)", __version__)
assert _match, __version__  # noqa: S101 - a release with a malformed version must not import
VERSION = version_info = version_info_t(int(_match[1]), int(_match[2]), int(_match[3]), _match[4], _match[5])

__all__ = ["VERSION", "__version__", "version_info", "version_info_t"]
