"""A broker for the programs that the tests of this folder start."""

from collections.abc import Iterator

import pytest

from tests import services


@pytest.fixture
def broker() -> Iterator[str]:
    """The URL of a broker that only one test uses: the examples all read the queue `celery`."""
    with services.embedded_redis() as url:
        yield url
